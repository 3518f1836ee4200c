// The least that a plain check costs: socket → connect → close, as many at a time as asked for. The
// close follows when it is known how the connect ended, since that is what a check is for.

#include <string>
#include <vector>

#include "bench/floor/floor.h"
#include "bench/floor/ring.h"

namespace tracer::bench {
namespace {

class ConnectFloor {
 public:
  ConnectFloor(const Options& options, unsigned in_flight) : targets_(options), ring_(in_flight) {
    for (unsigned slot = 0; slot < in_flight; ++slot) free_.push_back(slot);
  }
  const Targets& targets() const { return targets_; }

  // Returns how many of `count` connects succeeded.
  std::uint64_t run(std::uint64_t count) {
    std::uint64_t started = 0;
    std::uint64_t ended = 0;
    std::uint64_t succeeded = 0;
    while (ended < count) {
      for (; started < count && !free_.empty(); ++started) {
        ring_.connect(free_.back(), targets_.next());
        free_.pop_back();
      }
      ring_.wait([&](unsigned slot, Step step, int result) {
        if (step == Step::kConnect) {
          if (result == 0) ++succeeded;
          ring_.close(slot);
        } else {
          free_.push_back(slot);
          ++ended;
        }
      });
    }
    return succeeded;
  }

 private:
  Targets targets_;
  Ring ring_;
  std::vector<unsigned> free_;
};

int run(const Options& options) {
  const std::uint64_t in_flight = options.number("in-flight", 1000);
  const std::uint64_t count = options.number("count", 100'000);
  ConnectFloor floor(options, static_cast<unsigned>(in_flight));
  floor.run(options.number("warm", 0));
  const Cost start = Cost::now();
  const std::uint64_t succeeded = floor.run(count);
  return report({"connect_floor", count, succeeded, in_flight, Cost::now().since(start)},
                "\"addresses\": " + std::to_string(floor.targets().size()));
}

}  // namespace
}  // namespace tracer::bench

int main(int argc, char** argv) {
  using namespace tracer::bench;
  return run(Options(argc, argv, {"target", "addresses", "in-flight", "count", "warm"}));
}
