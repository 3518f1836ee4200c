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

using tracer::engine::StarttlsDialogue;
using tracer::engine::StarttlsProtocol;
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  constexpr int kProtocols = static_cast<int>(StarttlsProtocol::kIrc) + 1;
  StarttlsDialogue dialogue(static_cast<StarttlsProtocol>(data[0] % kProtocols), "a'<&>.example");
  const std::size_t piece = data[1] == 0 ? size : data[1];
  std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  bool open = goes_on(dialogue.start());
  while (open && !rest.empty()) {
    const std::string_view bytes = rest.substr(0, piece);
    rest.remove_prefix(bytes.size());
    open = goes_on(dialogue.feed(bytes));
  }
  return 0;
}
