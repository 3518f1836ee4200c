#include "bench/floor/floor.h"

#include <arpa/inet.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>

namespace tracer::bench {
namespace {

std::uint64_t parsed(std::string_view text, const std::string& what) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  need(error == std::errc() && end == text.data() + text.size() && value <= UINT32_MAX,
       what + " is not a number of 32 bits: " + std::string(text));
  return value;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

}  // namespace

void fail(const std::string& sentence) {
  std::fprintf(stderr, "error: %s\n", sentence.c_str());
  std::exit(2);
}

void need(bool condition, const std::string& sentence) {
  if (!condition) fail(sentence);
}

Options::Options(int argc, char** argv, const std::vector<std::string_view>& known) {
  std::string all;
  for (const std::string_view name : known) all += " --" + std::string(name);
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    const bool option = name.starts_with("--") &&
                        std::ranges::find(known, name.substr(2)) != known.end() && i + 1 < argc;
    need(option, "each option is a name and a value; there are" + all);
    values_[std::string(name.substr(2))] = argv[i + 1];
  }
}

std::uint64_t Options::number(std::string_view name, std::uint64_t otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? otherwise : parsed(found->second, "--" + found->first);
}

std::string Options::text(std::string_view name) const {
  const auto found = values_.find(name);
  need(found != values_.end(), "--" + std::string(name) + " is missing");
  return found->second;
}

std::string Options::text(std::string_view name, std::string_view otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string(otherwise) : found->second;
}

Targets::Targets(const Options& options) {
  const std::string target = options.text("target");
  const std::size_t colon = target.find(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  const bool good = colon != std::string::npos &&
                    inet_pton(AF_INET, target.substr(0, colon).c_str(), &address.sin_addr) == 1;
  need(good, "--target is not ADDRESS:PORT: " + target);
  const std::uint64_t port = parsed(std::string_view(target).substr(colon + 1), "the port");
  need(port <= UINT16_MAX, "there is no such port: " + target);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const std::uint64_t count = options.number("addresses", 1);
  need(count > 0, "--addresses is at least 1");
  auto* octets = reinterpret_cast<std::uint8_t*>(&address.sin_addr);
  for (std::uint64_t i = 0; i < count; ++i) {
    addresses_.push_back(address);
    for (int at = 3; at >= 0; --at) {
      if (octets[at]++ < 254) break;
      octets[at] = 1;
    }
  }
}

Cost Cost::now() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  timespec wall{};
  clock_gettime(CLOCK_MONOTONIC, &wall);
  return {seconds(usage.ru_utime), seconds(usage.ru_stime),
          static_cast<double>(wall.tv_sec) + 1e-9 * static_cast<double>(wall.tv_nsec)};
}

int report(const Result& result, const std::string& more) {
  std::printf(
      "{\"program\": \"%s\", \"probes\": %" PRIu64 ", \"succeeded\": %" PRIu64
      ", \"user_s\": %.6f, \"system_s\": %.6f, \"wall_s\": %.6f, \"in_flight\": %" PRIu64 "%s%s}\n",
      result.program, result.probes, result.succeeded, result.cost.user_s, result.cost.system_s,
      result.cost.wall_s, result.in_flight, more.empty() ? "" : ", ", more.c_str());
  return result.succeeded == result.probes ? 0 : 1;
}

}  // namespace tracer::bench
