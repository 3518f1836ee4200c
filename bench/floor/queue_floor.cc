// The least that handing on records costs: each is copied once.

#include <cstring>
#include <string>
#include <vector>

#include "bench/floor/floor.h"
#include "bench/floor/record_bytes.h"

namespace tracer::bench {
namespace {

constexpr std::uint64_t kRecords = 4096;  // a buffer's, as many as tracer's ring of outcomes has

void copy(const std::vector<char>& from, std::vector<char>& to, std::uint64_t count,
          std::size_t record_bytes) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::size_t at = i % kRecords * record_bytes;
    std::memcpy(&to[at], &from[at], record_bytes);
    asm volatile("" ::: "memory");  // each copy is made
  }
}

int run(const Options& options) {
  const std::size_t record_bytes = options.number("record-bytes", kRecordBytes);
  need(record_bytes > 0, "--record-bytes is at least 1");
  const std::uint64_t count = options.number("count", 20'000'000);
  const std::vector<char> from(kRecords * record_bytes, 'x');
  std::vector<char> to(from.size());
  copy(from, to, options.number("warm", 0), record_bytes);
  const Cost start = Cost::now();
  copy(from, to, count, record_bytes);
  const Cost cost = Cost::now().since(start);
  const bool copied = count < kRecords || to == from;
  return report({"queue_floor", count, copied ? count : 0, kRecords, cost},
                "\"record_bytes\": " + std::to_string(record_bytes));
}

}  // namespace
}  // namespace tracer::bench

int main(int argc, char** argv) {
  using namespace tracer::bench;
  return run(Options(argc, argv, {"record-bytes", "count", "warm"}));
}
