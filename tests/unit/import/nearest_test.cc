#include "tools/tracer/import/nearest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace tracer::import {
namespace {

constexpr std::array<std::string_view, 5> kKnown{"host", "port", "timeout", "min_version",
                                                 "max_version"};

TEST(NearestTest, Normalizes) {
  EXPECT_EQ(normalized("Send After Connect"), "sendafterconnect");
  EXPECT_EQ(normalized("send_after-connect"), "sendafterconnect");
  EXPECT_EQ(normalized("_ -"), "");
}

TEST(NearestTest, Distances) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("port", "prot"), 1U);
  EXPECT_EQ(edit_distance("port", "ports"), 1U);
  EXPECT_EQ(edit_distance("port", "host"), 2U);
}

TEST(NearestTest, FindsWhatWasMeant) {
  EXPECT_EQ(nearest("prot", kKnown), "port");
  EXPECT_EQ(nearest("Time-Outs", kKnown), "timeout");
  EXPECT_EQ(nearest("minversion", kKnown), "min_version");
  EXPECT_EQ(nearest("colour", kKnown), "");
  EXPECT_EQ(nearest("mxn_version", kKnown), "min_version");
  EXPECT_EQ(nearest("m_version", kKnown), "");  // as near to max_version
  EXPECT_EQ(nearest(std::string(100'000, 'a'), kKnown), "");
  EXPECT_EQ(nearest("", kKnown), "");
}

}  // namespace
}  // namespace tracer::import
