#include "tests/sim/peers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/limits.h"
#include "tests/sim/clock.h"
#include "tests/sim/tls_peer.h"

namespace tracer::sim {
namespace {

using engine::FailureCode;

std::int64_t moment(Random& random) { return random.between(0, kMillisecond); }

// Greets or answers; in clear.
class PlainPeer final : public Peer {
 public:
  PlainPeer(const Service& service, Temper temper, Random& random, std::int64_t now_ns)
      : temper_(temper), random_(random), awaited_(service.request.size()) {
    if (service.kind == ServiceKind::kOpen) {
      if (temper_ == Temper::kCloses) says_.push_back({now_ns + moment(random_), ""});
      return;
    }
    answer_ = kExpected;
    if (service.kind == ServiceKind::kBody) {
      answer_ += std::string(random_.below(6000), '.');
      answer_ += kBodyEnd;
    }
    set_allowed();
    dawdles = temper_ == Temper::kDribbles;
    if (awaited_ == 0) speak(now_ns);
  }

  void hear(std::string_view bytes, std::int64_t now_ns) override {
    heard_ += bytes.size();
    if (awaited_ > 0 && heard_ >= awaited_ && !std::exchange(spoken_, true)) speak(now_ns);
  }

 private:
  void set_allowed() {
    switch (temper_) {
      case Temper::kSilent:
        allowed = codes(FailureCode::kResponseTimeout);
        return;
      case Temper::kCloses:
        allowed = codes(FailureCode::kResponseClosed, FailureCode::kResponseMismatch);
        return;
      case Temper::kEndless:
        allowed = codes(FailureCode::kResponseTooLarge);
        return;
      case Temper::kLies:
        allowed = codes(FailureCode::kResponseMismatch);
        return;
      default:
        return;
    }
  }

  void speak(std::int64_t now_ns) {
    std::int64_t at_ns = now_ns + moment(random_);
    switch (temper_) {
      case Temper::kSilent:
        return;
      case Temper::kDribbles:
        for (std::size_t at = 0; at < answer_.size();) {
          const std::size_t count = answer_.size() > 1000 ? 200 : 1 + random_.below(2);
          says_.push_back({at_ns, answer_.substr(at, count)});
          at += count;
          at_ns += random_.between(0, kSecond);
        }
        return;
      case Temper::kCloses:
        if (random_.chance(500)) says_.push_back({at_ns, answer_.substr(0, 2)});
        says_.push_back({at_ns + moment(random_), ""});
        return;
      case Temper::kEndless:
        talking_ = true;
        return;
      case Temper::kLies:
        says_.push_back({at_ns,
                         "\x7f"
                         "ELF and nothing that was asked for\r\n"});
        if (random_.chance(500)) says_.push_back({at_ns + moment(random_), ""});
        return;
      default:
        says_.push_back({at_ns, answer_});
    }
  }

  void refill(std::int64_t now_ns) override {
    if (talking_) says_.push_back({now_ns, std::string(engine::limits::kReceiveBufferBytes, '~')});
  }

  const Temper temper_;
  Random& random_;
  const std::size_t awaited_;
  std::size_t heard_ = 0;
  bool spoken_ = false;
  bool talking_ = false;
  std::string answer_;
};

}  // namespace

const Peer::Speech* Peer::next(std::int64_t now_ns) {
  if (says_.empty()) refill(now_ns);
  return says_.empty() ? nullptr : &says_.front();
}

std::string Peer::take(std::size_t at_most) {
  Speech& speech = says_.front();
  if (speech.bytes.empty()) return {};  // the end lasts
  std::string taken = speech.bytes.substr(0, at_most);
  speech.bytes.erase(0, taken.size());
  if (speech.bytes.empty()) says_.pop_front();
  return taken;
}

bool makes_sense(ServiceKind kind, Temper temper) {
  switch (temper) {
    case Temper::kStarttlsRefused:
    case Temper::kStarttlsGarbage:
    case Temper::kStarttlsInjected:
      return speaks_starttls(kind);
    case Temper::kChainExpired:
    case Temper::kChainOfAnother:
    case Temper::kChainUntrusted:
    case Temper::kHandshakeCut:
      return speaks_tls(kind);
    case Temper::kEndless:
    case Temper::kLies:
      return kind != ServiceKind::kOpen && !speaks_starttls(kind);
    default:
      return true;
  }
}

std::unique_ptr<Peer> make_peer(const Service& service, Temper temper, Random& random,
                                std::int64_t now_ns) {
  if (speaks_tls(service.kind)) return make_tls_peer(service, temper, random, now_ns);
  return std::make_unique<PlainPeer>(service, temper, random, now_ns);
}

}  // namespace tracer::sim
