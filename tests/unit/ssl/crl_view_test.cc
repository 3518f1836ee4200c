#include "ssl/crl_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "ssl/pem.h"
#include "tests/unit/ssl/chains.h"

namespace tracer::ssl {
namespace {

using testing::Der;
using ::testing::HasSubstr;

Der crl(const std::string& name) {
  return read_pem_crls(testing::chain_file_text(name + ".crl"))->front().der;
}

// Replaces every occurrence of `from` by `to`, which has the same size.
Der with(Der der, const Der& from, const Der& to) {
  auto at = der.begin();
  while ((at = std::search(at, der.end(), from.begin(), from.end())) != der.end()) {
    at = std::copy(to.begin(), to.end(), at);
  }
  return der;
}

TEST(CrlView, ReadsEntriesDatesAndReasons) {
  const Der der = crl("crl_revokes");
  const auto view = parse_crl(der);
  ASSERT_TRUE(view) << view.error().message;
  EXPECT_EQ(view->defect, "");
  EXPECT_EQ(view->unknown_critical, "");
  EXPECT_EQ(view->this_update_s, 1767225600);  // 2026-01-01
  EXPECT_EQ(view->next_update_s, 1798761600);  // 2027-01-01
  ASSERT_EQ(view->entries.size(), 2U);
  const std::array<std::uint8_t, 2> serial = {0x12, 0x34};
  const RevokedEntry* entry = view->find(serial);
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->revoked_s, 1780272000);  // 2026-06-01
  EXPECT_EQ(revocation_reason_name(entry->reason), "superseded");
  const std::array<std::uint8_t, 2> other = {0x12, 0x35};
  EXPECT_EQ(view->find(other), nullptr);
  EXPECT_EQ(view->find({}), nullptr);
}

TEST(CrlView, SaysWhatKeepsItFromVouching) {
  for (const auto& [name, defect] : {std::pair("crl_no_number", "it has no cRLNumber"),
                                     {"crl_critical_number", "its cRLNumber is critical"},
                                     {"crl_no_aki", "it has no authorityKeyIdentifier"}}) {
    const Der der = crl(name);
    EXPECT_EQ(parse_crl(der)->defect, defect);
  }
  const Der twice = with(crl("crl_two"), {0x12, 0x35}, {0x12, 0x34});
  EXPECT_EQ(parse_crl(twice)->defect, "it lists a serial number twice");
  const Der unknown = crl("crl_unknown");
  EXPECT_EQ(parse_crl(unknown)->unknown_critical, "1.2.3.4");
  const Der uncritical = crl("crl_uncritical");
  EXPECT_EQ(parse_crl(uncritical)->unknown_critical, "");
  EXPECT_EQ(parse_crl(uncritical)->defect, "");
}

TEST(CrlView, ReadsTheScope) {
  const auto scope = [](const std::string& name) {
    const Der der = crl(name);
    return parse_crl(der)->scope;
  };
  EXPECT_TRUE(scope("crl_users").only_users);
  EXPECT_TRUE(scope("crl_cas").only_cas);
  EXPECT_TRUE(scope("crl_attributes").only_attributes);
  EXPECT_TRUE(scope("crl_reasons").only_some_reasons);
  EXPECT_TRUE(scope("crl_indirect").indirect);
  EXPECT_EQ(scope("crl_point").point.uris.size(), 1U);
  const CrlScope none = scope("crl_good");
  EXPECT_FALSE(none.only_users || none.only_cas || none.only_attributes || none.only_some_reasons ||
               none.indirect || none.point.other);
}

TEST(CrlView, AScopeThatCannotBeReadMakesTheEntriesDoubtful) {
  // The flag of onlyContainsUserCerts becomes a value that is no DER boolean.
  const Der der =
      with(crl("crl_users"), {0x30, 0x03, 0x81, 0x01, 0xff}, {0x30, 0x03, 0x81, 0x01, 0x01});
  const auto view = parse_crl(der);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->unknown_critical, "2.5.29.28");
  EXPECT_THAT(view->defect, HasSubstr("not a DER boolean"));
}

TEST(CrlView, RefusesWhatIsNoList) {
  const Der whole = crl("crl_revokes");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_crl(Bytes(whole).first(size))) << size;
  }
  Der longer = whole;
  longer.push_back(0);
  EXPECT_FALSE(parse_crl(longer));
  const Der leaf = testing::certificate("p256");
  EXPECT_FALSE(parse_crl(leaf));
}

TEST(CrlView, NamesReasons) {
  EXPECT_EQ(revocation_reason_name(0), "unspecified");
  EXPECT_EQ(revocation_reason_name(kRemoveFromCrl), "removeFromCRL");
  EXPECT_EQ(revocation_reason_name(10), "aACompromise");
  EXPECT_EQ(revocation_reason_name(200), "unknown reason");
}

}  // namespace
}  // namespace tracer::ssl
