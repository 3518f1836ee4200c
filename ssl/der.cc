#include "ssl/der.h"

#include <algorithm>
#include <array>

#include "ssl/limits.h"

namespace tracer::ssl::der {
namespace {

constexpr std::uint8_t kTagNumberMask = 0x1f;
constexpr std::uint8_t kLongLength = 0x80;

// Days from 1970-01-01 in the proleptic Gregorian calendar.
std::int64_t days_from_civil(std::int64_t year, int month, int day) {
  year -= month <= 2 ? 1 : 0;  // years begin in March, so that the leap day comes last
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

int days_in_month(int year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

int digits(Bytes text, std::size_t from, std::size_t count) {
  int value = 0;
  for (const std::uint8_t digit : text.subspan(from, count)) value = value * 10 + (digit - '0');
  return value;
}

// `text` without the century when `year_digits` is 2. The form is YYMMDDHHMMSSZ or
// YYYYMMDDHHMMSSZ and nothing else.
std::optional<std::int64_t> parse_time(Bytes text, std::size_t year_digits) {
  if (text.size() != year_digits + 11 || text.back() != 'Z') return std::nullopt;
  const auto is_digit = [](std::uint8_t c) { return c >= '0' && c <= '9'; };
  if (!std::all_of(text.begin(), text.end() - 1, is_digit)) return std::nullopt;
  int year = digits(text, 0, year_digits);
  if (year_digits == 2) year += year < 50 ? 2000 : 1900;
  const int month = digits(text, year_digits, 2);
  const int day = digits(text, year_digits + 2, 2);
  const int hour = digits(text, year_digits + 4, 2);
  const int minute = digits(text, year_digits + 6, 2);
  const int second = digits(text, year_digits + 8, 2);
  if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 ||
      minute > 59 || second > 59) {
    return std::nullopt;
  }
  return days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
}

}  // namespace

void Document::fail(const std::uint8_t* at, std::string_view what, std::string_view problem) {
  if (failure_) return;
  const std::size_t offset = at == nullptr ? 0 : static_cast<std::size_t>(at - bytes_.data());
  std::string message(what);
  message += ": ";
  message += problem;
  failure_ = CertificateError{offset, std::move(message)};
}

void Cursor::fail(std::string_view what, std::string_view problem) {
  document_->fail(rest_.data(), what, problem);
}

void Cursor::fail(const Element& at, std::string_view what, std::string_view problem) {
  document_->fail(at.whole.data(), what, problem);
}

Element Cursor::read_any(std::string_view what) {
  if (document_->failed()) return {};
  const auto refuse = [&](std::string_view problem) {
    fail(what, problem);
    return Element{};
  };
  if (rest_.size() < 2) return refuse(rest_.empty() ? "missing" : "cut short");
  const std::uint8_t tag = rest_[0];
  if ((tag & kTagNumberMask) == kTagNumberMask) return refuse("tag number above 30");
  std::size_t length = rest_[1];
  std::size_t header = 2;
  if ((length & kLongLength) != 0) {
    const std::size_t octets = length & 0x7fU;
    if (octets == 0) return refuse("indefinite length");
    if (octets > 4) return refuse("length beyond 32 bits");
    if (rest_.size() < header + octets) return refuse("cut short");
    length = 0;
    for (const std::uint8_t octet : rest_.subspan(header, octets)) length = length << 8U | octet;
    header += octets;
    const bool shortest = length >= kLongLength && length >> (8 * (octets - 1)) != 0;
    if (!shortest) return refuse("length not in its shortest form");
  }
  if (length > rest_.size() - header) return refuse("longer than what holds it");
  const Element element{tag, rest_.subspan(header, length), rest_.first(header + length)};
  rest_ = rest_.subspan(header + length);
  return element;
}

Element Cursor::read(std::uint8_t tag, std::string_view what) {
  if (!document_->failed() && !rest_.empty() && rest_.front() != tag) {
    fail(what, "unexpected type");
    return {};
  }
  return read_any(what);
}

std::optional<Element> Cursor::read_if(std::uint8_t tag, std::string_view what) {
  if (!next_is(tag)) return std::nullopt;
  return read_any(what);
}

Cursor Cursor::enter(std::uint8_t tag, std::string_view what) {
  const Element element = read(tag, what);
  return inside(element, what);
}

Cursor Cursor::inside(const Element& element, std::string_view what) {
  if (depth_ + 1 > limits::kMaxDerDepth) fail(element, what, "nested too deeply");
  return {document_, element.content, depth_ + 1};
}

void Cursor::finish(std::string_view what) {
  if (!document_->failed() && !rest_.empty()) fail(what, "trailing bytes");
}

bool read_boolean(Cursor& cursor, std::string_view what) {
  const Element element = cursor.read(kBoolean, what);
  if (cursor.failed()) return false;
  if (element.content.size() != 1 || (element.content[0] != 0 && element.content[0] != 0xff)) {
    cursor.fail(element, what, "not a DER boolean");
    return false;
  }
  return element.content[0] != 0;
}

Bytes read_integer(Cursor& cursor, std::string_view what) {
  const Element element = cursor.read(kInteger, what);
  if (cursor.failed()) return {};
  const Bytes octets = element.content;
  const bool padded = octets.size() > 1 && ((octets[0] == 0x00 && octets[1] < 0x80) ||
                                            (octets[0] == 0xff && octets[1] >= 0x80));
  if (octets.empty() || padded) {
    cursor.fail(element, what, "not a DER integer");
    return {};
  }
  return octets;
}

std::int64_t read_small_integer(Cursor& cursor, std::string_view what) {
  const Bytes octets = read_integer(cursor, what);
  if (cursor.failed()) return 0;
  if (octets.size() > 4 || octets[0] >= 0x80) {
    cursor.fail(what, "negative or too large");
    return 0;
  }
  std::int64_t value = 0;
  for (const std::uint8_t octet : octets) value = value << 8 | octet;
  return value;
}

Bytes read_octet_aligned_bits(Cursor& cursor, std::string_view what) {
  const Element element = cursor.read(kBitString, what);
  if (cursor.failed()) return {};
  if (element.content.empty() || element.content[0] != 0) {
    cursor.fail(element, what, "bit string with unused bits");
    return {};
  }
  return element.content.subspan(1);
}

std::uint16_t read_named_bits(Cursor& cursor, std::string_view what) {
  const Element element = cursor.read(kBitString, what);
  if (cursor.failed()) return 0;
  const Bytes content = element.content;
  const std::uint8_t unused = content.empty() ? 8 : content[0];
  if (unused > 7 || (content.size() == 1 && unused != 0) ||
      (content.size() > 1 && (content.back() & ((1U << unused) - 1)) != 0)) {
    cursor.fail(element, what, "not a DER bit string");
    return 0;
  }
  unsigned bits = content.size() > 1 ? static_cast<unsigned>(content[1]) << 8U : 0U;
  if (content.size() > 2) bits |= content[2];
  return static_cast<std::uint16_t>(bits);
}

std::string object_identifier_text(Bytes content) {
  if (content.empty() || (content.back() & 0x80U) != 0) return {};
  std::string text;
  std::uint64_t arc = 0;
  bool fresh = true;
  for (const std::uint8_t octet : content) {
    if (fresh && octet == 0x80) return {};    // an arc padded with leading zeros
    if (arc > (UINT64_MAX >> 7U)) return {};  // beyond 64 bits
    arc = arc << 7U | (octet & 0x7fU);
    fresh = (octet & 0x80U) == 0;
    if (!fresh) continue;
    if (text.empty()) {
      const std::uint64_t first = std::min<std::uint64_t>(arc / 40, 2);
      text = std::to_string(first);
      arc -= first * 40;
    }
    text += '.';
    text += std::to_string(arc);
    arc = 0;
  }
  return text;
}

std::string read_object_identifier(Cursor& cursor, std::string_view what) {
  const Element element = cursor.read(kObjectIdentifier, what);
  if (cursor.failed()) return {};
  std::string text = object_identifier_text(element.content);
  if (text.empty()) cursor.fail(element, what, "not an object identifier");
  return text;
}

std::int64_t read_time(Cursor& cursor, std::string_view what) {
  const Element element = cursor.read_any(what);
  if (cursor.failed()) return 0;
  std::optional<std::int64_t> time;
  if (element.tag == kUtcTime) time = parse_time(element.content, 2);
  if (element.tag == kGeneralizedTime) time = parse_time(element.content, 4);
  if (!time) cursor.fail(element, what, "not a UTCTime or GeneralizedTime in UTC with seconds");
  return time.value_or(0);
}

}  // namespace tracer::ssl::der
