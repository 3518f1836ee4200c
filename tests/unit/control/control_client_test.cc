#include "tools/tracer/control/control_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "tests/unit/control/raw_client.h"
#include "tests/unit/control/sample_run.h"
#include "tools/tracer/control/control_server.h"

namespace tracer::cli {
namespace {

using ::testing::HasSubstr;

class ControlClientTest : public ::testing::Test {
 protected:
  // Takes one connection and says this, whatever it hears; then hangs up, if told to.
  template <typename Ask>
  auto answered_by(const std::string& text, bool hangs_up, const Ask& ask) {
    const auto listener = listen_at(questions_.path);
    EXPECT_TRUE(listener);
    int connection = -1;
    std::thread server([&] {
      pollfd polled{*listener, POLLIN, 0};
      poll(&polled, 1, -1);
      connection = accept(*listener, nullptr, nullptr);
      (void)send(connection, text.data(), text.size(), MSG_NOSIGNAL);
      if (hangs_up) shutdown(connection, SHUT_RDWR);
    });
    auto result = ask();
    server.join();
    close(connection);
    close(*listener);
    return result;
  }

  const testing::TemporaryDirectory directory_;
  Questions questions_{.path = directory_.file("socket")};
};

TEST_F(ControlClientTest, AsksARun) {
  ControlHandlers handlers;
  handlers.sample = [] { return samples::distinct_sample(); };
  handlers.reload = [] { return sched::Difference{.added = 7}; };
  const auto server = ControlServer::start(questions_.path, handlers, ControlServer::Limits{});
  ASSERT_TRUE(server);
  const auto sample = ask_for_snapshot(questions_);
  ASSERT_TRUE(sample) << sample.error();
  EXPECT_EQ(snapshot_line(*sample), snapshot_line(samples::distinct_sample()));
  const auto reload = ask_for_reload(questions_);
  ASSERT_TRUE(reload && *reload);
  EXPECT_EQ((**reload).added, 7U);
}

TEST_F(ControlClientTest, SaysWhyThereIsNoAnswer) {
  EXPECT_THAT(ask_for_snapshot(questions_).error(), HasSubstr("cannot reach a tracer at"));
  const auto ask = [this] { return ask_for_snapshot(questions_).error(); };
  EXPECT_THAT(answered_by("", true, ask), HasSubstr("hung up without an answer"));
  EXPECT_THAT(answered_by("{\"version\":", true, ask), HasSubstr("hung up without an answer"));
  EXPECT_THAT(answered_by("SSH-2.0-OpenSSH\r\n", true, ask), HasSubstr("not a JSON object"));
  EXPECT_THAT(answered_by("{\"error\":\"too many\"}\n", true, ask), HasSubstr("too many"));
  questions_.timeout_ms = 20;
  EXPECT_THAT(answered_by("{", false, ask), HasSubstr("does not answer"));
}

TEST_F(ControlClientTest, GivesUpWhenToldTo) {
  questions_.timeout_ms = -1;
  questions_.give_up = eventfd(1, EFD_CLOEXEC);
  const auto ask = [this] { return ask_for_reload(questions_).error(); };
  EXPECT_EQ(answered_by("", false, ask), "interrupted");
  close(questions_.give_up);
}

}  // namespace
}  // namespace tracer::cli
