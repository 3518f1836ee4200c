#include "tools/tracer/control/control_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "tools/tracer/control/control_socket.h"

namespace tracer::cli {
namespace {

constexpr std::size_t kLongestAnswer = std::size_t{16} << 20;  // a hundred long errors are far less

// Reads to the first line end, and says what it was that came instead.
tl::expected<std::string, std::string> read_line(int descriptor, const Questions& questions) {
  std::string line;
  std::array<char, 16384> bytes;
  std::array<pollfd, 2> polled{{{descriptor, POLLIN, 0}, {questions.give_up, POLLIN, 0}}};
  while (line.size() < kLongestAnswer) {
    const int ready = poll(polled.data(), polled.size(), questions.timeout_ms);
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return tl::unexpected("the tracer at " + questions.path + " does not answer");
    if (polled[1].revents != 0) return tl::unexpected(std::string("interrupted"));
    const ssize_t got = recv(descriptor, bytes.data(), bytes.size(), 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) {
      return tl::unexpected("the tracer at " + questions.path + " hung up without an answer");
    }
    line.append(bytes.data(), static_cast<std::size_t>(got));
    if (const std::size_t end = line.find('\n', line.size() - static_cast<std::size_t>(got));
        end != std::string::npos) {
      line.resize(end);
      return line;
    }
  }
  return tl::unexpected("the answer of " + questions.path + " has no end");
}

}  // namespace

tl::expected<std::string, std::string> ask(const Questions& questions, Request request) {
  const auto descriptor = connect_to(questions.path);
  if (!descriptor) return tl::unexpected(descriptor.error());
  const std::string line = request_line(request) + "\n";
  // A fresh connection has room for a line. Should it be refused, the answer says so.
  (void)send(*descriptor, line.data(), line.size(), MSG_NOSIGNAL);
  auto answer = read_line(*descriptor, questions);
  close(*descriptor);
  return answer;
}

tl::expected<RunSample, std::string> ask_for_snapshot(const Questions& questions) {
  const auto line = ask(questions, Request::kSnapshot);
  if (!line) return tl::unexpected(line.error());
  return read_snapshot(*line);
}

tl::expected<ReloadResult, std::string> ask_for_reload(const Questions& questions) {
  const auto line = ask(questions, Request::kReload);
  if (!line) return tl::unexpected(line.error());
  return read_reload(*line);
}

}  // namespace tracer::cli
