#include "engine/dns_message.h"

#include <algorithm>
#include <cstddef>

namespace tracer::engine {
namespace {

constexpr std::uint64_t kTypeSoa = 6;

// Reads forward over a message; once something does not fit, everything reads as zero.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  bool good() const { return good_; }

  void skip(std::size_t count) {
    if (count > bytes_.size() - at_) good_ = false;
    at_ = good_ ? at_ + count : bytes_.size();
  }

  std::uint64_t number(std::size_t count) {
    const std::size_t from = at_;
    skip(count);
    std::uint64_t value = 0;
    for (std::size_t at = from; good_ && at < from + count; ++at) value = value << 8 | bytes_[at];
    return value;
  }

  // A pointer ends a name, and is not followed.
  void skip_name() {
    while (good_) {
      const std::uint64_t length = number(1);
      if (length >= 0xc0) return skip(1);
      if (length == 0) return;
      if (length > 63) good_ = false;
      skip(length);
    }
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
  bool good_ = true;
};

}  // namespace

std::int64_t negative_ttl_s(std::span<const std::uint8_t> message) {
  Reader reader(message);
  reader.skip(4);  // id, flags
  std::uint64_t questions = reader.number(2);
  std::uint64_t answers = reader.number(2);
  std::uint64_t authorities = reader.number(2);
  reader.skip(2);  // the count of additional records
  for (; questions > 0 && reader.good(); --questions) {
    reader.skip_name();
    reader.skip(4);  // type, class
  }
  for (std::uint64_t left = answers + authorities; left > 0 && reader.good(); --left) {
    reader.skip_name();
    const std::uint64_t type = reader.number(2);
    reader.skip(2);  // class
    const std::uint64_t ttl = reader.number(4);
    const std::uint64_t length = reader.number(2);
    if (type != kTypeSoa || left > authorities) {
      reader.skip(length);
      continue;
    }
    reader.skip_name();  // of the primary server
    reader.skip_name();  // of the mailbox
    reader.skip(16);     // serial, refresh, retry, expire
    const std::uint64_t minimum = reader.number(4);
    return reader.good() ? static_cast<std::int64_t>(std::min(ttl, minimum)) : -1;
  }
  return -1;
}

}  // namespace tracer::engine
