// A client of a control socket that says what a test wants, well-behaved or not, and a directory
// for the socket that vanishes with the test.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <poll.h>

#include "tools/tracer/control/control_socket.h"

namespace tracer::cli::testing {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "controlXXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

class RawClient {
 public:
  explicit RawClient(const std::string& path) {
    const auto connected = connect_to(path);
    EXPECT_TRUE(connected) << connected.error();
    descriptor_ = connected.value_or(-1);
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { leave(); }

  // How much of it was taken before the other side's buffer was full, or it had hung up.
  std::size_t say(std::string_view text) const {
    const ssize_t sent = send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }
  void say_no_more() const { shutdown(descriptor_, SHUT_WR); }
  // The next line, with its end; what there is without an end where the server hangs up.
  std::string hear() {
    while (true) {
      const std::size_t end = heard_.find('\n');
      if (end != std::string::npos) {
        std::string line = heard_.substr(0, end + 1);
        heard_.erase(0, end + 1);
        return line;
      }
      std::array<char, 65536> bytes;
      pollfd polled{descriptor_, POLLIN, 0};
      poll(&polled, 1, -1);
      const ssize_t got = recv(descriptor_, bytes.data(), bytes.size(), 0);
      if (got <= 0) return std::exchange(heard_, {});
      heard_.append(bytes.data(), static_cast<std::size_t>(got));
    }
  }
  bool hung_up() { return hear().empty(); }  // waits for it
  void leave() {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = -1;
  }

 private:
  int descriptor_ = -1;
  std::string heard_;
};

}  // namespace tracer::cli::testing
