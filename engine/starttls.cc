#include "engine/starttls.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "engine/limits.h"
#include "engine/starttls_script.h"

namespace tracer::engine {

using starttls::Exchange;
using starttls::Reading;
using starttls::Verdict;

namespace starttls {

std::string printable(std::string_view text) {
  while (!text.empty() && (text.back() == '\r' || text.back() == '\n' || text.back() == ' ')) {
    text.remove_suffix(1);
  }
  std::string shown(text.substr(0, limits::kDetailBytes));
  for (char& character : shown) {
    if (character < 0x20 || character > 0x7e) character = '?';
  }
  return shown;
}

}  // namespace starttls

namespace {

constexpr std::string_view kHostPlaceholder = "{host}";

std::string escape_xml(std::string_view text) {
  std::string escaped;
  for (const char character : text) {
    switch (character) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '\'':
        escaped += "&apos;";
        break;
      default:
        escaped += character;
    }
  }
  return escaped;
}

}  // namespace

StarttlsDialogue::StarttlsDialogue(StarttlsProtocol protocol, std::string_view host)
    : script_(starttls::script(protocol)), host_(host) {}

StarttlsDialogue::Step StarttlsDialogue::start() {
  assert(exchange_ == 0 && total_bytes_ == 0 && !ended_);
  if (script_.empty()) {
    return end(Step::Kind::kUnsupported, "no STARTTLS preamble is known for this protocol");
  }
  return script_.front().command.empty() ? Step{} : send_command();
}

StarttlsDialogue::Step StarttlsDialogue::feed(std::string_view bytes) {
  assert(!ended_ && !script_.empty());
  total_bytes_ += bytes.size();
  if (total_bytes_ > starttls::kMaxDialogueBytes) {
    return end(Step::Kind::kProtocolError, "the server talks without end");
  }
  buffer_.append(bytes);
  Step step = advance();
  if (!ended_ && buffer_.size() > starttls::kMaxBufferedBytes) {
    return end(Step::Kind::kProtocolError, "the server's reply is too long");
  }
  return step;
}

StarttlsDialogue::Step StarttlsDialogue::advance() {
  const Exchange& exchange = script_[exchange_];
  std::string answers;  // to what the server asked in between
  Reading reading;
  do {
    reading = exchange.reader(buffer_, exchange, state_);
    assert(reading.consumed <= buffer_.size());
    const bool decided =
        reading.verdict == Verdict::kAccepted || reading.verdict == Verdict::kRefused;
    if (decided && reading.start < early_bytes_) {
      return end(Step::Kind::kProtocolError, "the server answered before it was asked");
    }
    buffer_.erase(0, reading.consumed);
    early_bytes_ -= std::min(early_bytes_, reading.consumed);
    if (reading.verdict == Verdict::kAnswer) answers += reading.text;
  } while (reading.verdict == Verdict::kAnswer);

  if (reading.verdict == Verdict::kRefused) return end(Step::Kind::kRefused, reading.text);
  if (reading.verdict == Verdict::kGarbage) return end(Step::Kind::kProtocolError, reading.text);
  if (reading.verdict == Verdict::kMore) {
    if (answers.empty()) return Step{};
    return Step{.kind = Step::Kind::kSend, .send = std::move(answers)};
  }
  const bool last = exchange_ + 1 == script_.size();
  if (!buffer_.empty() && (last || !exchange.unsolicited)) {
    return end(Step::Kind::kProtocolError, last ? "clear text follows the server's consent to TLS"
                                                : "the server says more than it was asked for");
  }
  Step step;
  if (last) {
    step = end(Step::Kind::kReady, {});
  } else {
    ++exchange_;
    step = send_command();
  }
  step.send.insert(0, answers);
  return step;
}

StarttlsDialogue::Step StarttlsDialogue::send_command() {
  const Exchange& exchange = script_[exchange_];
  std::string command(exchange.command);
  if (const auto at = command.find(kHostPlaceholder); at != std::string::npos) {
    command.replace(at, kHostPlaceholder.size(), escape_xml(host_));
  }
  state_ = {};
  early_bytes_ = buffer_.size();
  if (exchange.reader != nullptr) {
    return Step{.kind = Step::Kind::kSend, .send = std::move(command)};
  }
  Step ready = end(Step::Kind::kReady, {});
  ready.send = std::move(command);
  return ready;
}

StarttlsDialogue::Step StarttlsDialogue::end(Step::Kind kind, std::string_view text) {
  ended_ = true;
  return Step{.kind = kind, .detail = starttls::printable(text)};
}

std::string StarttlsDialogue::awaited() const {
  return script_.empty() ? std::string() : std::string(script_[exchange_].name);
}

}  // namespace tracer::engine
