#include "sched/configuration.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/ssl/chains.h"
#include "tests/unit/state/scratch_folder.h"

namespace tracer::sched {
namespace {

TEST(Configuration, IsRenewedWithWhatItsFilesHoldNow) {
  const cli::ScratchFolder folder;
  const std::string roots = folder.path("roots.pem");
  const auto write = [&](const std::string& text) { folder.write("roots.pem", text); };
  engine::MonitorSpec spec;
  spec.name = spec.id = "web";
  spec.host = "127.0.0.1";
  spec.port = 443;
  spec.policy.tls.enabled = true;
  spec.policy.tls.ca_file = roots;
  engine::MonitorSetBuilder builder;
  ASSERT_TRUE(builder.add(spec));

  write(ssl::testing::chain_file_text("root.pem"));
  const ConfigurationRef first = Configuration::load(std::move(builder).build()).value();
  EXPECT_EQ(engine::certificate_files(first->monitors), std::set<std::string>{roots});
  const std::uint32_t policy = first->monitors.at(0).policy;
  write(ssl::testing::chain_file_text("intermediate.pem"));
  const ConfigurationRef second = first->renewed().value();
  EXPECT_EQ(&second->monitors, &first->monitors);
  EXPECT_NE(second->trust.store(policy).version(), first->trust.store(policy).version());

  write("no certificate");
  const auto broken = first->renewed();
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().find(roots), std::string::npos);
}

}  // namespace
}  // namespace tracer::sched
