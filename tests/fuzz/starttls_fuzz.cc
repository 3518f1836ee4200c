// Every preamble against arbitrary servers. The first byte picks the protocol, the second how the
// rest is cut into pieces. Splitting may change when something is seen, but never lets a dialogue
// go on after its end, grow without bound, or show what is not printable.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/limits.h"
#include "engine/starttls.h"
#include "engine/starttls_protocol.h"
#include "engine/tds_framing.h"

using tracer::engine::StarttlsDialogue;
using tracer::engine::StarttlsProtocol;
using tracer::engine::TdsFraming;
using Kind = StarttlsDialogue::Step::Kind;

namespace {

bool goes_on(const StarttlsDialogue::Step& step) {
  if (step.detail.size() > tracer::engine::limits::kDetailBytes) std::abort();
  for (const char character : step.detail) {
    if (character < ' ' || character > '~') std::abort();
  }
  if ((step.kind == Kind::kSend) == step.send.empty() && step.kind != Kind::kReady) std::abort();
  return step.kind == Kind::kNeedMore || step.kind == Kind::kSend;
}

// What comes in the packets of SQL Server's handshake, whose end the first byte places.
void unwrap(std::string_view rest, std::size_t piece) {
  TdsFraming framing;
  for (std::size_t before_the_end = rest.empty() ? 0 : rest.front() & 7; !rest.empty();) {
    const std::string_view bytes = rest.substr(0, piece);
    rest.remove_prefix(bytes.size());
    if (before_the_end-- == 0) framing.handshake_done(0);
    const auto data =
        framing.unwrap({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    if (!data && framing.error().empty()) std::abort();
    if (!data) return;
    if (data->size() > bytes.size()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto protocol =
      static_cast<StarttlsProtocol>(data[0] % tracer::engine::kStarttlsProtocolCount);
  StarttlsDialogue dialogue(protocol, "a'<&>.example");
  const std::size_t piece = data[1] == 0 ? size : data[1];
  std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  StarttlsDialogue::Step step = dialogue.start();
  while (goes_on(step) && !rest.empty()) {
    const std::string_view bytes = rest.substr(0, piece);
    rest.remove_prefix(bytes.size());
    step = dialogue.feed(bytes);
  }
  if (step.kind == Kind::kReady && protocol == StarttlsProtocol::kMssql) unwrap(rest, piece);
  return 0;
}
