// A server against clients of every kind.
#include "tools/tracer/control/control_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/control/raw_client.h"
#include "tests/unit/control/sample_run.h"

namespace tracer::cli {
namespace {

using ::testing::HasSubstr;
using testing::RawClient;
using ::testing::StartsWith;

constexpr const char* kSnapshot = "{\"request\":\"snapshot\"}\n";
constexpr const char* kReload = "{\"request\":\"reload\"}\n";

class ControlServerTest : public ::testing::Test {
 protected:
  ControlServerTest() {
    handlers_.sample = [this] {
      ++samples_;
      return samples::distinct_sample();
    };
    handlers_.reload = [] { return sched::Difference{1, 2, 3, 4}; };
  }

  void start() {
    auto server = ControlServer::start(path_, handlers_, limits_);
    ASSERT_TRUE(server) << server.error().text;
    server_ = std::move(*server);
  }
  // Whatever others do, this one is served.
  void expect_service() const {
    RawClient client(path_);
    client.say(kSnapshot);
    EXPECT_EQ(client.hear(), snapshot_line(samples::distinct_sample()) + "\n");
  }

  const testing::TemporaryDirectory directory_;
  const std::string path_ = directory_.file("socket");
  ControlHandlers handlers_;
  ControlServer::Limits limits_;
  std::atomic<int> samples_{0};
  std::unique_ptr<ControlServer> server_;
};

TEST_F(ControlServerTest, AnswersOneRequestAfterAnother) {
  start();
  RawClient client(path_);
  for (int i = 0; i < 3; ++i) {
    client.say(kSnapshot);
    EXPECT_EQ(client.hear(), snapshot_line(samples::distinct_sample()) + "\n");
  }
  client.say(kReload);
  EXPECT_EQ(client.hear(),
            "{\"ok\":true,\"added\":1,\"removed\":2,\"changed\":3,\"unchanged\":4}\n");
  EXPECT_EQ(samples_, 3);
}

TEST_F(ControlServerTest, AnswersAllThatWasSaidAtOnceAndInPieces) {
  start();
  RawClient client(path_);
  client.say(std::string(kSnapshot) + kReload + kSnapshot + "{\"requ");
  EXPECT_THAT(client.hear(), StartsWith("{\"version\""));
  EXPECT_THAT(client.hear(), StartsWith("{\"ok\":true"));
  EXPECT_THAT(client.hear(), StartsWith("{\"version\""));
  client.say("est\":\"reload\"}\n");
  client.say_no_more();  // and still hears what it has asked for
  EXPECT_THAT(client.hear(), StartsWith("{\"ok\":true"));
  EXPECT_TRUE(client.hung_up());
}

TEST_F(ControlServerTest, TellsWhatIsWrongWithARequestAndGoesOn) {
  start();
  RawClient client(path_);
  client.say("GET / HTTP/1.1\r\n");
  EXPECT_EQ(client.hear(), "{\"error\":\"a request is a JSON object on one line\"}\n");
  client.say("\n");
  EXPECT_THAT(client.hear(), StartsWith("{\"error\":"));
  client.say(std::string("\0\xff\xfe\x80\n", 5));
  EXPECT_THAT(client.hear(), StartsWith("{\"error\":"));
  client.say("{\"request\":\"shutdown\"}\n");
  EXPECT_THAT(client.hear(), HasSubstr("no such request: shutdown"));
  client.say(kSnapshot);
  EXPECT_THAT(client.hear(), StartsWith("{\"version\""));
}

TEST_F(ControlServerTest, TheErrorsOfARefusedReloadAreTold) {
  handlers_.reload = [] {
    return ReloadResult(tl::unexpected(std::vector<std::string>{"a.json:1:2: \"port\" is 0"}));
  };
  start();
  RawClient client(path_);
  client.say(kReload);
  EXPECT_EQ(client.hear(), "{\"ok\":false,\"errors\":[\"a.json:1:2: \\\"port\\\" is 0\"]}\n");
}

TEST_F(ControlServerTest, AnEndlessLineIsRefused) {
  start();
  RawClient client(path_);
  const std::string piece(1000, 'x');
  for (int i = 0; i < 5; ++i) client.say(piece);
  EXPECT_EQ(client.hear(), "{\"error\":\"a request has at most 4096 bytes\"}\n");
  EXPECT_TRUE(client.hung_up());
  expect_service();
}

TEST_F(ControlServerTest, ALineOfTheGreatestLengthIsNot) {
  start();
  RawClient client(path_);
  std::string line = kSnapshot;
  line.insert(1, std::string(4096 - line.size(), ' '));
  client.say(line + line);
  EXPECT_THAT(client.hear(), StartsWith("{\"version\""));
  EXPECT_THAT(client.hear(), StartsWith("{\"version\""));
}

TEST_F(ControlServerTest, WhoIsSilentOrSlowIsHungUpOn) {
  limits_.idle_timeout_ms = 50;
  start();
  RawClient silent(path_);
  RawClient half(path_);
  half.say("{\"request\":");
  EXPECT_TRUE(silent.hung_up());
  EXPECT_TRUE(half.hung_up());
  RawClient dribbling(path_);  // bytes alone do not make a request
  while (dribbling.say(" ") > 0) usleep(1000);
  expect_service();
}

TEST_F(ControlServerTest, WhoLeavesIsForgotten) {
  limits_.clients = 4;
  start();
  for (int i = 0; i < 100; ++i) {
    RawClient client(path_);
    client.say(i % 2 == 0 ? kSnapshot : "{");
  }
  // As soon as the server has seen the last ones leave, there is room.
  for (bool served = false; !served;) {
    RawClient client(path_);
    client.say(kSnapshot);
    served = client.hear().find("\"version\"") == 1;
  }
}

TEST_F(ControlServerTest, WhoDoesNotReadHoldsNobodyUp) {
  start();
  RawClient deaf(path_);
  const std::string requests = [] {
    std::string text;
    for (int i = 0; i < 100; ++i) text += kSnapshot;
    return text;
  }();
  // Until nothing more is taken: both directions are full.
  int refused = 0;
  while (refused < 100) {
    refused = deaf.say(requests) == 0 ? refused + 1 : 0;
    if (refused > 0) usleep(1000);
  }
  expect_service();
  EXPECT_THAT(deaf.hear(), StartsWith("{\"version\""));
}

TEST_F(ControlServerTest, ClientsAreBounded) {
  limits_.clients = 2;
  start();
  RawClient first(path_);
  RawClient second(path_);
  first.say(kSnapshot);
  second.say(kSnapshot);
  EXPECT_THAT(first.hear(), StartsWith("{\"version\""));
  EXPECT_THAT(second.hear(), StartsWith("{\"version\""));
  RawClient third(path_);
  third.say(kSnapshot);
  EXPECT_EQ(third.hear(), "{\"error\":\"there are too many clients\"}\n");
  first.say(kSnapshot);
  EXPECT_THAT(first.hear(), StartsWith("{\"version\""));
}

// A reload that takes as long as the test wants.
class SlowReloadTest : public ControlServerTest {
 protected:
  SlowReloadTest() {
    handlers_.reload = [this] {
      began_.set_value();
      end_.get_future().wait();
      return sched::Difference{};
    };
  }
  std::promise<void> began_;
  std::promise<void> end_;
};

TEST_F(SlowReloadTest, DelaysNoSnapshotAndNoOtherReloadBegins) {
  start();
  RawClient reloading(path_);
  reloading.say(std::string(kReload) + kSnapshot);
  began_.get_future().wait();
  expect_service();
  RawClient second(path_);
  second.say(kReload);
  EXPECT_EQ(second.hear(), "{\"error\":\"a reload is under way\"}\n");
  end_.set_value();
  EXPECT_THAT(reloading.hear(), StartsWith("{\"ok\":true"));
  EXPECT_THAT(reloading.hear(), StartsWith("{\"version\""));
}

TEST_F(SlowReloadTest, GoesOnWhenWhoAskedHasLeft) {
  limits_.idle_timeout_ms = 20;
  start();
  RawClient waiting(path_);  // for longer than a silent client may
  waiting.say(kReload);
  began_.get_future().wait();
  RawClient(path_).say(kReload);
  expect_service();
  waiting.leave();
  expect_service();
  end_.set_value();
  server_.reset();
}

TEST_F(SlowReloadTest, IsWaitedForAtTheEnd) {
  std::atomic<bool> ended{false};
  handlers_.reload = [&] {
    began_.set_value();
    end_.get_future().wait();
    ended = true;
    return sched::Difference{};
  };
  start();
  RawClient client(path_);
  client.say(kReload);
  began_.get_future().wait();
  auto end = std::async(std::launch::async, [this] { server_.reset(); });
  end_.set_value();
  end.get();
  EXPECT_TRUE(ended);
}

TEST_F(ControlServerTest, ItsPathVanishesWithItUnlessItIsAnothers) {
  start();
  EXPECT_TRUE(std::filesystem::exists(path_));
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(path_));
  start();
  std::filesystem::remove(path_);
  std::ofstream(path_) << "another's";
  server_.reset();
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(ControlServerTest, TwoDoNotShareAPath) {
  start();
  const auto second = ControlServer::start(path_, handlers_, limits_);
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().in_use);
  expect_service();
}

}  // namespace
}  // namespace tracer::cli
