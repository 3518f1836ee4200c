#include "ssl/pem.h"

#include <optional>

#include "ssl/limits.h"

namespace tracer::ssl {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";

// Lines without their ends (LF or CRLF) and without blanks at the right.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    const std::size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
    ++number_;
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) {
      line.remove_suffix(1);
    }
    return line;
  }
  std::size_t number() const { return number_; }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

// The label of "-----BEGIN label-----".
std::optional<std::string_view> label_of(std::string_view line, std::string_view opening) {
  if (!line.starts_with(opening) || !line.ends_with(kDashes)) return std::nullopt;
  if (line.size() < opening.size() + kDashes.size()) return std::nullopt;
  return line.substr(opening.size(), line.size() - opening.size() - kDashes.size());
}

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

// Base64 that arrives line by line. Only whole quanta, zero bits under the padding, nothing after.
class Base64Decoder {
 public:
  // False at the first character that cannot stand there.
  bool add(std::string_view line) {
    for (const char c : line) {
      if (!add(c)) return false;
    }
    return true;
  }
  bool complete() const { return count_ == 0; }
  std::vector<std::uint8_t> take() { return std::move(bytes_); }
  std::size_t size() const { return bytes_.size(); }

 private:
  bool add(char c) {
    const int value = base64_value(c);
    if (ended_ || (value < 0 && c != '=')) return false;
    if (c == '=') {
      if (count_ < 2) return false;
      ++padding_;
    } else if (padding_ > 0) {
      return false;
    }
    bits_ = bits_ << 6U | static_cast<std::uint32_t>(value < 0 ? 0 : value);
    return ++count_ < 4 || flush();
  }
  bool flush() {
    const std::uint32_t unused = padding_ == 0 ? 0 : (1U << (8U * padding_)) - 1;
    if ((bits_ & unused) != 0) return false;
    for (unsigned octet = 0; octet < 3 - padding_; ++octet) {
      bytes_.push_back(static_cast<std::uint8_t>(bits_ >> (16U - 8U * octet)));
    }
    ended_ = padding_ > 0;
    bits_ = 0;
    count_ = 0;
    return true;
  }

  std::vector<std::uint8_t> bytes_;
  std::uint32_t bits_ = 0;
  unsigned count_ = 0;
  unsigned padding_ = 0;
  bool ended_ = false;
};

// Reads up to the END line that belongs to `label`; the BEGIN line has been read.
tl::expected<std::vector<std::uint8_t>, PemError> read_block(Lines& lines, std::string_view label,
                                                             std::size_t max_bytes) {
  const std::size_t begin = lines.number();
  Base64Decoder decoder;
  while (const auto line = lines.next()) {
    if (const auto end = label_of(*line, kEnd)) {
      if (*end != label)
        return tl::make_unexpected(PemError{lines.number(), "END of another label"});
      if (!decoder.complete()) {
        return tl::make_unexpected(PemError{lines.number(), "base64 cut short"});
      }
      return decoder.take();
    }
    if (!decoder.add(*line)) return tl::make_unexpected(PemError{lines.number(), "not base64"});
    if (decoder.size() > max_bytes) {
      return tl::make_unexpected(PemError{lines.number(), "larger than the limit"});
    }
  }
  return tl::make_unexpected(PemError{begin, "BEGIN " + std::string(label) + " without its END"});
}

// What is read: blocks with one of two labels, of bounded size and number.
struct Wanted {
  std::string_view label;
  std::string_view other_label;
  std::size_t max_bytes;
  std::size_t max_count;
};

tl::expected<std::vector<PemBlock>, PemError> read_blocks(std::string_view text,
                                                          const Wanted& wanted) {
  if (text.size() > limits::kMaxPemBytes) {
    return tl::make_unexpected(PemError{1, "larger than the limit"});
  }
  std::vector<PemBlock> blocks;
  Lines lines(text);
  while (const auto line = lines.next()) {
    const auto label = label_of(*line, kBegin);
    if (!label || (*label != wanted.label && *label != wanted.other_label)) continue;
    const std::size_t begin = lines.number();
    if (blocks.size() == wanted.max_count) {
      return tl::make_unexpected(PemError{begin, "more than the limit"});
    }
    auto der = read_block(lines, *label, wanted.max_bytes);
    if (!der) return tl::make_unexpected(der.error());
    blocks.push_back({std::move(*der), begin});
  }
  return blocks;
}

}  // namespace

tl::expected<std::vector<PemBlock>, PemError> read_pem_certificates(std::string_view text) {
  return read_blocks(text, {"CERTIFICATE", "X509 CERTIFICATE", limits::kMaxCertificateBytes,
                            limits::kMaxPemCertificates});
}

tl::expected<std::vector<PemBlock>, PemError> read_pem_crls(std::string_view text) {
  return read_blocks(text, {"X509 CRL", "CRL", limits::kMaxCrlBytes, limits::kMaxCrls});
}

}  // namespace tracer::ssl
