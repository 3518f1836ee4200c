// Deterministic simulation of the scheduler and the engine: `simulate --help`.

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "tests/sim/runner.h"

namespace tracer::sim {
namespace {

constexpr const char* kUsage = R"(usage: simulate [WHAT] [OPTION...]

What to simulate, each seed a fleet of its own and whatever goes wrong with it:
  --seed N           this one
  --seeds A..B       these; also --from A --count N
  --fresh N          so many that nobody has seen, and tells which
  --seconds S        fresh ones for so long; --skip N after it begins N seeds later
  --list FILE        those that a file lists, a line each: the seed, then why
  --shrink N         looks for less of a seed that fails
  --canaries N       planted bugs, each of which must be found within N seeds
  --nth              scripted scenarios, every operation failing in every way

Options:
  --verbose          every event
  --table            how often each fault struck
  --covered          fails where some fault never struck
  --twice            each seed two times: the traces must be the same
  --keep FILE        appends the seeds that fail
  --monitors N       no more than so many
  --no-tls           no TLS
  --without FAULT    leaves out a fault, by its number; may be repeated
)";

class Program {
 public:
  Program(int argc, char** argv) : argc_(argc), argv_(argv) { options_.program = argv[0]; }

  int run() {
    while (next_ < argc_) {
      if (!take(argv_[next_++])) {
        std::fputs(kUsage, stderr);
        return 2;
      }
    }
    if (help_) {
      std::fputs(kUsage, stdout);
      return 0;
    }
    if (canaries_ > 0) return run_canaries(canaries_) ? 0 : 1;
    if (nth_) return run_nth() ? 0 : 1;
    Runner runner(options_);
    if (shrink_) {
      runner.shrink(from_);
      return 0;
    }
    if (!list_.empty() && !run_list(runner)) return 2;
    if (seconds_ > 0) run_for(runner);
    const bool counted = list_.empty() && seconds_ == 0;
    for (std::uint64_t i = 0; counted && i < count_; ++i) one(runner, from_ + i);
    runner.print(table_);
    if (covered_ && !runner.counts().complete()) {
      std::printf("Some fault never struck.\n%s", runner.counts().table().c_str());
      return 1;
    }
    return runner.failed() == 0 ? 0 : 1;
  }

 private:
  std::uint64_t number() { return next_ < argc_ ? std::strtoull(argv_[next_++], nullptr, 10) : 0; }
  std::string word() { return next_ < argc_ ? argv_[next_++] : ""; }

  bool take(std::string_view argument) {
    if (argument == "--seed" || argument == "--from") {
      from_ = number();
    } else if (argument == "--count") {
      count_ = number();
    } else if (argument == "--seeds") {
      const std::string range = word();
      const auto dots = range.find("..");
      if (dots == std::string::npos) return false;
      from_ = std::strtoull(range.c_str(), nullptr, 10);
      count_ = std::strtoull(range.c_str() + dots + 2, nullptr, 10) - from_ + 1;
    } else if (argument == "--fresh") {
      count_ = number();
      from_ = fresh_seed();
    } else if (argument == "--seconds") {
      seconds_ = number();
      from_ = fresh_seed();
    } else if (argument == "--skip") {
      from_ += number();
    } else if (argument == "--list") {
      list_ = word();
    } else if (argument == "--shrink") {
      from_ = number();
      shrink_ = true;
    } else if (argument == "--canaries") {
      canaries_ = number();
    } else if (argument == "--keep") {
      keep_ = word();
    } else if (argument == "--monitors") {
      options_.restrictions.most_targets = number();
    } else if (argument == "--without") {
      options_.restrictions.without.push_back(static_cast<Fault>(number() % kFaultCount));
    } else {
      return take_flag(argument);
    }
    return true;
  }

  bool take_flag(std::string_view argument) {
    bool no_tls = false;
    const std::pair<std::string_view, bool*> flags[] = {
        {"--nth", &nth_},         {"--verbose", &options_.verbose}, {"--table", &table_},
        {"--covered", &covered_}, {"--twice", &options_.twice},     {"--no-tls", &no_tls},
        {"--help", &help_},
    };
    for (const auto& [name, flag] : flags) {
      if (argument != name) continue;
      *flag = true;
      if (no_tls) options_.restrictions.tls = false;
      return true;
    }
    return false;
  }

  static std::uint64_t fresh_seed() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto seed = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
    std::printf("fresh seeds from %" PRIu64 " on\n", seed);
    return seed;
  }

  void one(Runner& runner, std::uint64_t seed) {
    if (runner.run(seed) || keep_.empty()) return;
    std::ofstream(keep_, std::ios::app) << seed << '\n';
  }

  void run_for(Runner& runner) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds_);
    while (std::chrono::steady_clock::now() < end) one(runner, from_++);
  }

  bool run_list(Runner& runner) {
    std::ifstream file(list_);
    if (!file) {
      std::fprintf(stderr, "simulate: error: %s cannot be read\n", list_.c_str());
      return false;
    }
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line[0] == '#') continue;
      one(runner, std::strtoull(line.c_str(), nullptr, 10));
    }
    return true;
  }

  const int argc_;
  char** const argv_;
  int next_ = 1;
  Runner::Options options_;
  std::uint64_t from_ = 1;
  std::uint64_t count_ = 1;
  std::uint64_t seconds_ = 0;
  std::uint64_t canaries_ = 0;
  std::string list_;
  std::string keep_;
  bool help_ = false;
  bool shrink_ = false;
  bool nth_ = false;
  bool table_ = false;
  bool covered_ = false;
};

}  // namespace
}  // namespace tracer::sim

int main(int argc, char** argv) { return tracer::sim::Program(argc, argv).run(); }
