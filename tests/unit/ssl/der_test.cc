#include "ssl/der.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ssl/limits.h"

namespace tracer::ssl::der {
namespace {

using Octets = std::vector<std::uint8_t>;

// The failure of reading any element and finishing, or "" when it went well.
std::string failure_of(const Octets& octets) {
  Document document{Bytes(octets)};
  Cursor cursor(document);
  cursor.read_any("x");
  cursor.finish("x");
  return document.failed() ? document.failure().message : "";
}

TEST(Der, ReadsShortAndLongLengths) {
  EXPECT_EQ(failure_of({0x04, 0x00}), "");
  EXPECT_EQ(failure_of({0x04, 0x01, 0xaa}), "");
  Octets octets = {0x04, 0x81, 0x80};
  octets.resize(3 + 0x80);
  EXPECT_EQ(failure_of(octets), "");
  octets = {0x04, 0x82, 0x01, 0x00};
  octets.resize(4 + 0x100);
  EXPECT_EQ(failure_of(octets), "");
}

TEST(Der, RefusesWhatIsNotDer) {
  EXPECT_EQ(failure_of({}), "x: missing");
  EXPECT_EQ(failure_of({0x04}), "x: cut short");
  EXPECT_EQ(failure_of({0x04, 0x81}), "x: cut short");
  EXPECT_EQ(failure_of({0x04, 0x02, 0x00}), "x: longer than what holds it");
  EXPECT_EQ(failure_of({0x04, 0x84, 0xff, 0xff, 0xff, 0xff}), "x: longer than what holds it");
  EXPECT_EQ(failure_of({0x30, 0x80, 0x00, 0x00}), "x: indefinite length");
  EXPECT_EQ(failure_of({0x04, 0x85, 0x01, 0x00, 0x00, 0x00, 0x00}), "x: length beyond 32 bits");
  EXPECT_EQ(failure_of({0x04, 0x81, 0x01, 0xaa}), "x: length not in its shortest form");
  EXPECT_EQ(failure_of({0x04, 0x82, 0x00, 0x80}), "x: length not in its shortest form");
  EXPECT_EQ(failure_of({0x1f, 0x81, 0x00, 0x00}), "x: tag number above 30");
  EXPECT_EQ(failure_of({0x04, 0x00, 0x00}), "x: trailing bytes");
}

TEST(Der, BoundsTheDepth) {
  Octets octets;
  for (std::size_t depth = 0; depth <= limits::kMaxDerDepth; ++depth) {
    octets.insert(octets.begin(), {0x30, static_cast<std::uint8_t>(octets.size())});
  }
  Document document{Bytes(octets)};
  Cursor cursor(document);
  for (std::size_t depth = 0; depth < limits::kMaxDerDepth; ++depth) {
    cursor = cursor.enter(kSequence, "x");
  }
  EXPECT_FALSE(document.failed());
  cursor.enter(kSequence, "x");
  ASSERT_TRUE(document.failed());
  EXPECT_EQ(document.failure().message, "x: nested too deeply");
}

TEST(Der, ReadsObjectIdentifiers) {
  const auto text = [](const Octets& octets) { return object_identifier_text(Bytes(octets)); };
  EXPECT_EQ(text({0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b}), "1.2.840.113549.1.1.11");
  EXPECT_EQ(text({0x55, 0x1d, 0x11}), "2.5.29.17");
  EXPECT_EQ(text({0x88, 0x37, 0x03}), "2.999.3");
  EXPECT_EQ(text({0x27}), "0.39");
  EXPECT_EQ(text({}), "");
  EXPECT_EQ(text({0x2a, 0x86}), "");        // cut short
  EXPECT_EQ(text({0x2a, 0x80, 0x01}), "");  // padded
  EXPECT_EQ(text({0x2a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}),
            "");  // 70 bits
}

std::int64_t time_of(std::uint8_t tag, const std::string& text) {
  Octets octets = {tag, static_cast<std::uint8_t>(text.size())};
  octets.insert(octets.end(), text.begin(), text.end());
  Document document{Bytes(octets)};
  Cursor cursor(document);
  const std::int64_t time = read_time(cursor, "x");
  return document.failed() ? -1 : time;
}

TEST(Der, ReadsTimes) {
  EXPECT_EQ(time_of(kUtcTime, "700101000000Z"), 0);
  EXPECT_EQ(time_of(kUtcTime, "260701000000Z"), 1782864000);
  EXPECT_EQ(time_of(kUtcTime, "491231235959Z"), 2524607999);  // the last second of UTCTime
  EXPECT_EQ(time_of(kGeneralizedTime, "20500101000000Z"), 2524608000);
  EXPECT_EQ(time_of(kGeneralizedTime, "99991231235959Z"), 253402300799);
  EXPECT_EQ(time_of(kUtcTime, "240229120000Z"), 1709208000);
}

TEST(Der, RefusesOtherFormsOfTime) {
  for (const char* text :
       {"230229120000Z", "2607010000Z", "260701000000+0000", "260701000000", "261301000000Z",
        "260700000000Z", "260701240000Z", "260701006000Z", "260701000060Z", "26070100000xZ"}) {
    EXPECT_EQ(time_of(kUtcTime, text), -1) << text;
  }
  EXPECT_EQ(time_of(kGeneralizedTime, "20260701000000.5Z"), -1);
  EXPECT_EQ(time_of(kPrintableString, "260701000000Z"), -1);
}

TEST(Der, RefusesIntegersAndBitsThatAreNotDer) {
  const auto fails = [](const Octets& octets, auto read) {
    Document document{Bytes(octets)};
    Cursor cursor(document);
    read(cursor, "x");
    return document.failed();
  };
  EXPECT_FALSE(fails({0x02, 0x01, 0x00}, read_integer));
  EXPECT_FALSE(fails({0x02, 0x02, 0x00, 0x80}, read_integer));
  EXPECT_TRUE(fails({0x02, 0x00}, read_integer));
  EXPECT_TRUE(fails({0x02, 0x02, 0x00, 0x7f}, read_integer));
  EXPECT_TRUE(fails({0x02, 0x02, 0xff, 0x80}, read_integer));
  EXPECT_TRUE(fails({0x02, 0x01, 0x80}, read_small_integer));
  EXPECT_TRUE(fails({0x02, 0x05, 0x01, 0x00, 0x00, 0x00, 0x00}, read_small_integer));
  EXPECT_FALSE(fails({0x01, 0x01, 0xff}, read_boolean));
  EXPECT_TRUE(fails({0x01, 0x01, 0x01}, read_boolean));
  EXPECT_TRUE(fails({0x03, 0x01, 0x01}, read_named_bits));
  EXPECT_TRUE(fails({0x03, 0x02, 0x01, 0x01}, read_named_bits));
  EXPECT_TRUE(fails({0x03, 0x02, 0x08, 0x00}, read_named_bits));
  EXPECT_FALSE(fails({0x03, 0x02, 0x02, 0x04}, read_named_bits));
  EXPECT_TRUE(fails({0x03, 0x02, 0x01, 0x02}, read_octet_aligned_bits));
}

TEST(Der, KeepsTheFirstFailure) {
  const Octets octets = {0x30, 0x03, 0x02, 0x01, 0x05};
  Document document{Bytes(octets)};
  Cursor cursor(document);
  Cursor inside = cursor.enter(kSequence, "outer");
  EXPECT_EQ(inside.read(kOctetString, "first").whole.size(), 0U);
  EXPECT_EQ(inside.read(kInteger, "second").whole.size(), 0U);
  cursor.finish("third");
  ASSERT_TRUE(document.failed());
  EXPECT_EQ(document.failure().message, "first: unexpected type");
  EXPECT_EQ(document.failure().offset, 2U);
}

}  // namespace
}  // namespace tracer::ssl::der
