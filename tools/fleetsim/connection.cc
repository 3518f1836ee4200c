#include "tools/fleetsim/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "tools/fleetsim/requests.h"

namespace tracer::fleetsim {
namespace {

constexpr int kMaxReads = 32;  // in one turn, so that a talkative client starves nobody

TlsResult plain_result(ssize_t returned, bool writing) {
  if (returned > 0) {
    return {.status = TlsStatus::kDone, .bytes = static_cast<std::size_t>(returned)};
  }
  if (returned == 0) return {.status = TlsStatus::kClosed};
  if (errno == EAGAIN) {
    return {.status = TlsStatus::kAgain, .wants_write = writing};
  }
  return {.status = TlsStatus::kFailed};
}

void release(std::string& text) {
  constexpr std::size_t kSmall = 64;
  if (text.capacity() > kSmall) {
    text = std::string();
  } else {
    text.clear();
  }
}

}  // namespace

void Connection::start(Descriptor socket, const Service& service, const TlsServer& tls) {
  socket_ = std::move(socket);
  service_ = &service;
  tls_server_ = &tls;
  stage_ = Stage::kDelayed;
}

void Connection::finish() { finished(false); }

Next Connection::finished(bool heard) {
  tls_.reset();
  socket_ = Descriptor();
  unfinished_ = std::string();
  output_ = std::string();
  sent_ = 0;
  stage_ = Stage::kUnused;
  act_ = Act::kContinue;
  paced_ = false;
  return {.finished = true, .heard = heard};
}

void Connection::reset() {
  const linger abort{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
  finished(false);
}

void Connection::begin() {
  if (service_->clear != nullptr) {
    begin_talk(*service_->clear);
  } else {
    begin_handshake();
  }
}

void Connection::begin_handshake() {
  unfinished_ = std::string();
  tls_ = tls_server_->accept(*service_, socket_.get());
  if (tls_) {
    stage_ = Stage::kHandshake;
  } else {
    reset();
  }
}

void Connection::begin_talk(const Dialogue& dialogue) {
  stage_ = Stage::kTalk;
  dialogue_ = &dialogue;
  output_ = greeting_of(dialogue);
  sent_ = 0;
  act_ = dialogue.greeted;
}

// Closing a socket with bytes unread would send RST and might overtake what was sent last: the
// sending half is closed, and the rest read and forgotten until the client closes too.
void Connection::begin_drain() {
  tls_.reset();
  output_ = std::string();
  ::shutdown(socket_.get(), SHUT_WR);
  stage_ = Stage::kDrain;
}

Next Connection::advance(Wake wake, std::span<char> scratch) {
  if (stage_ == Stage::kDelayed) {
    if (wake == Wake::kHangup) return finished(false);
    if (wake == Wake::kStart && service_->delay_ms > 0) return {.timer_ms = service_->delay_ms};
    if (wake == Wake::kSocket) return {};
    begin();
  } else if (wake == Wake::kTimer) {
    paced_ = false;
  }
  bool heard = false;
  // Each turn ends waiting, or in another stage.
  for (;;) {
    const Stage before = stage_;
    Next next;
    switch (before) {
      case Stage::kUnused:
      case Stage::kDelayed:
        return {.finished = true, .heard = heard};
      case Stage::kHandshake:
        next = handshake();
        break;
      case Stage::kTalk:
        if (paced_ && wake == Wake::kHangup) return finished(heard);
        next = talk(scratch);
        break;
      case Stage::kDrain:
        next = drain(scratch);
        break;
    }
    heard = heard || next.heard;
    next.heard = heard;
    if (stage_ == before || next.finished) return next;
  }
}

Next Connection::handshake() {
  const TlsResult result = tls_.handshake();
  switch (result.status) {
    case TlsStatus::kAgain:
      return {.wants_write = result.wants_write};
    case TlsStatus::kDone:
      begin_talk(*service_->secure);
      return {.heard = true};
    case TlsStatus::kClosed:
    case TlsStatus::kFailed:
      begin_drain();  // OpenSSL has sent the alert
      return {};
  }
  return {};
}

// True when there is more to say or hear after it.
bool Connection::perform_act() {
  switch (std::exchange(act_, Act::kContinue)) {
    case Act::kContinue:
      return true;
    case Act::kStartTls:
      begin_handshake();
      return false;
    case Act::kClose:
      if (tls_) tls_.say_goodbye();
      begin_drain();
      return false;
    case Act::kReset:
      reset();
      return false;
  }
  return true;
}

Next Connection::talk(std::span<char> scratch) {
  bool heard = false;
  for (int i = 0; i < kMaxReads; ++i) {
    switch (flush()) {
      case Flush::kDone:
        break;
      case Flush::kBlocked:
        return {.heard = heard, .wants_write = true};
      case Flush::kPaced:
        if (std::exchange(paced_, true)) return {.heard = heard};
        return {.heard = heard, .timer_ms = service_->pace.interval_ms};
      case Flush::kFailed:
        return finished(heard);
    }
    if (!perform_act()) return {.finished = stage_ == Stage::kUnused, .heard = heard};
    const TlsResult got = read(scratch);
    if (got.status == TlsStatus::kAgain) return {.heard = heard, .wants_write = got.wants_write};
    if (got.status != TlsStatus::kDone) {
      if (tls_ && got.status == TlsStatus::kClosed) tls_.say_goodbye();
      return finished(heard);
    }
    heard = true;
    const Answer reply = answer(*dialogue_, {scratch.data(), got.bytes}, unfinished_, output_);
    act_ = reply.garbage ? Act::kClose : reply.act;
  }
  return {.heard = heard, .timer_ms = 0};
}

Next Connection::drain(std::span<char> scratch) {
  for (int i = 0; i < kMaxReads; ++i) {
    const TlsResult got =
        plain_result(::recv(socket_.get(), scratch.data(), scratch.size(), 0), false);
    if (got.status == TlsStatus::kAgain) return {};
    if (got.status != TlsStatus::kDone) return finished(false);
  }
  return {.timer_ms = 0};
}

Connection::Flush Connection::flush() {
  const Pace& pace = service_->pace;
  if (paced_) return Flush::kPaced;
  if (sent_ < output_.size()) {
    std::size_t budget = output_.size() - sent_;
    if (pace.bytes > 0) budget = std::min(budget, static_cast<std::size_t>(pace.bytes));
    while (budget > 0) {
      const TlsResult put = write(std::string_view(output_).substr(sent_, budget));
      if (put.status == TlsStatus::kAgain) return Flush::kBlocked;
      if (put.status != TlsStatus::kDone) return Flush::kFailed;
      sent_ += put.bytes;
      budget -= put.bytes;
    }
    if (pace.forever && sent_ == output_.size()) sent_ = 0;
    // The pause follows the last piece, too: what comes after it shall not overtake it.
    if (pace.bytes > 0) return Flush::kPaced;
  }
  sent_ = 0;
  release(output_);
  return Flush::kDone;
}

TlsResult Connection::read(std::span<char> into) {
  if (tls_) return tls_.read(into);
  return plain_result(::recv(socket_.get(), into.data(), into.size(), 0), false);
}

TlsResult Connection::write(std::string_view bytes) {
  if (tls_) return tls_.write(bytes);
  return plain_result(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), true);
}

}  // namespace tracer::fleetsim
