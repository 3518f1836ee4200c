// A bounded, strict cursor over DER (X.690 section 10): definite lengths in their shortest form,
// tag numbers below 31, nesting no deeper than limits::kMaxDerDepth. Copies nothing; the bytes
// must outlive what points into them. No allocation but for the text of a failure. Any thread.
//
// Failure is sticky and shared by the cursors of one document: after the first one every read
// yields an empty element, so that a parser reads straight through and asks once at its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ssl/certificate.h"

namespace tracer::ssl::der {

// Identifier octets, as they appear in the bytes.
enum Tag : std::uint8_t {
  kBoolean = 0x01,
  kInteger = 0x02,
  kBitString = 0x03,
  kOctetString = 0x04,
  kNull = 0x05,
  kObjectIdentifier = 0x06,
  kUtf8String = 0x0c,
  kNumericString = 0x12,
  kPrintableString = 0x13,
  kTeletexString = 0x14,
  kIa5String = 0x16,
  kUtcTime = 0x17,
  kGeneralizedTime = 0x18,
  kVisibleString = 0x1a,
  kUniversalString = 0x1c,
  kBmpString = 0x1e,
  kSequence = 0x30,
  kSet = 0x31,
};
// Context-specific tags, such as the [0] of a version.
constexpr std::uint8_t context(std::uint8_t number) {
  return static_cast<std::uint8_t>(0x80U | number);
}
constexpr std::uint8_t context_constructed(std::uint8_t number) {
  return static_cast<std::uint8_t>(0xa0U | number);
}

struct Element {
  std::uint8_t tag = 0;
  Bytes content;
  Bytes whole;  // identifier and length included
};

// One document and its first failure.
class Document {
 public:
  explicit Document(Bytes bytes) : bytes_(bytes) {}
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  Bytes bytes() const { return bytes_; }
  bool failed() const { return failure_.has_value(); }
  // REQUIRES: failed().
  const CertificateError& failure() const { return *failure_; }
  // Keeps the first failure; `at` points into bytes().
  void fail(const std::uint8_t* at, std::string_view what, std::string_view problem);

 private:
  Bytes bytes_;
  std::optional<CertificateError> failure_;
};

class Cursor {
 public:
  // Over the whole document. REQUIRES: `document` outlives the cursor.
  explicit Cursor(Document& document) : document_(&document), rest_(document.bytes()), depth_(0) {}

  bool at_end() const { return document_->failed() || rest_.empty(); }
  bool next_is(std::uint8_t tag) const {
    return !document_->failed() && !rest_.empty() && rest_.front() == tag;
  }

  // `what` names the element in the message of a failure: "tbsCertificate.validity".
  Element read(std::uint8_t tag, std::string_view what);
  Element read_any(std::string_view what);
  // Reads an element with this tag when it comes next.
  std::optional<Element> read_if(std::uint8_t tag, std::string_view what);
  // A cursor over the content of the constructed element that comes next.
  Cursor enter(std::uint8_t tag, std::string_view what);
  // A cursor over the content of an element read before; it may lie in an OCTET STRING.
  Cursor inside(const Element& element, std::string_view what);
  // Fails when something is left.
  void finish(std::string_view what);

  void fail(std::string_view what, std::string_view problem);
  void fail(const Element& at, std::string_view what, std::string_view problem);
  bool failed() const { return document_->failed(); }

 private:
  Cursor(Document* document, Bytes rest, std::size_t depth)
      : document_(document), rest_(rest), depth_(depth) {}

  Document* document_;
  Bytes rest_;
  std::size_t depth_;
};

// Readers of one primitive's content; failures go to the cursor's document.
bool read_boolean(Cursor& cursor, std::string_view what);
// A whole number from 0 to 2^31 - 1.
std::int64_t read_small_integer(Cursor& cursor, std::string_view what);
// The content octets of an INTEGER in its shortest form.
Bytes read_integer(Cursor& cursor, std::string_view what);
// The bytes of a BIT STRING without unused bits.
Bytes read_octet_aligned_bits(Cursor& cursor, std::string_view what);
// The first 16 bits of a BIT STRING of named bits; bit 0 is the most significant.
std::uint16_t read_named_bits(Cursor& cursor, std::string_view what);
// Dotted text: "1.2.840.113549.1.1.11".
std::string read_object_identifier(Cursor& cursor, std::string_view what);
// UTCTime or GeneralizedTime in the forms of RFC 5280 section 4.1.2.5, as Unix time.
std::int64_t read_time(Cursor& cursor, std::string_view what);

// The dotted text of the content octets of an OBJECT IDENTIFIER; empty when it is malformed.
std::string object_identifier_text(Bytes content);

}  // namespace tracer::ssl::der
