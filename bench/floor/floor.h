// What the floors have in common: options, the cost of the part that counts, and the line that they
// print (bench/README.md). One thread.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tracer::bench {

// `--name VALUE` pairs; names are given without the dashes. Ends the program with status 2, and a
// sentence, where it cannot go on.
class Options {
 public:
  Options(int argc, char** argv, const std::vector<std::string_view>& known);
  std::uint64_t number(std::string_view name, std::uint64_t otherwise) const;
  std::string text(std::string_view name) const;  // must be given
  std::string text(std::string_view name, std::string_view otherwise) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

[[noreturn]] void fail(const std::string& sentence);
void need(bool condition, const std::string& sentence);  // else fails with it

// Where to connect: `--target` and those after it, as many as `--addresses` says, in turn.
class Targets {
 public:
  explicit Targets(const Options& options);
  const sockaddr_in& next() { return addresses_[turn_++ % addresses_.size()]; }
  std::size_t size() const { return addresses_.size(); }

 private:
  std::vector<sockaddr_in> addresses_;
  std::size_t turn_ = 0;
};

struct Cost {
  double user_s = 0;
  double system_s = 0;
  double wall_s = 0;
  static Cost now();  // of this process so far
  Cost since(const Cost& start) const {
    return {user_s - start.user_s, system_s - start.system_s, wall_s - start.wall_s};
  }
};

struct Result {
  const char* program;
  std::uint64_t probes = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t in_flight = 1;
  Cost cost;
};
// Prints the line, with `more` ("\"addresses\": 3"); the value is the program's exit status.
int report(const Result& result, const std::string& more = {});

}  // namespace tracer::bench
