#include "tests/sim/trace.h"

#include <algorithm>
#include <cstdio>

#include "tests/sim/random.h"

namespace tracer::sim {
namespace {

const char* name_of(What what) {
  switch (what) {
    case What::kConnect:
      return "connect";
    case What::kSend:
      return "send";
    case What::kReceive:
      return "receive";
    case What::kClose:
      return "close";
    case What::kCancel:
      return "cancel";
    case What::kPoll:
      return "poll";
    case What::kCancelPoll:
      return "cancel_poll";
    case What::kCompletion:
      return "completion";
    case What::kResolve:
      return "resolve";
    case What::kAsk:
      return "ask";
    case What::kReply:
      return "reply";
    case What::kOutcome:
      return "outcome";
    case What::kCut:
      return "cut";
    case What::kReport:
      return "report";
    case What::kEvaluate:
      return "evaluate";
    case What::kScript:
      return "script";
  }
  return "?";
}

}  // namespace

void Trace::add(std::int64_t now_ns, const Event& event, std::int64_t shown) {
  const Kept kept{now_ns, event, shown};
  kept_[events_ % kept_.size()] = kept;
  ++events_;
  for (const std::uint64_t word : {static_cast<std::uint64_t>(now_ns),
                                   static_cast<std::uint64_t>(event.what) << 32 | event.shard,
                                   event.subject, static_cast<std::uint64_t>(event.value)}) {
    hash_ ^= word;
    hash_ = splitmix64(hash_);
  }
  if (verbose_) std::printf("%s\n", line(kept).c_str());
}

std::string Trace::line(const Kept& kept) {
  char text[160];
  std::snprintf(text, sizeof text, "%15.6f ms  shard %u  %-11s %8llu  %lld",
                static_cast<double>(kept.now_ns) / 1e6, kept.event.shard, name_of(kept.event.what),
                static_cast<unsigned long long>(kept.event.subject),
                static_cast<long long>(kept.shown != 0 ? kept.shown : kept.event.value));
  return text;
}

std::string Trace::last_events() const {
  std::string text;
  const std::uint64_t first = events_ - std::min<std::uint64_t>(events_, kept_.size());
  for (std::uint64_t at = first; at < events_; ++at) {
    text += line(kept_[at % kept_.size()]) + "\n";
  }
  return text;
}

}  // namespace tracer::sim
