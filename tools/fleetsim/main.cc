// fleetsim: a fleet of simulated TCP and TLS services on the loopback addresses.
//
// It speaks TLS through OpenSSL and uses none of tracer's libraries, on purpose: an independent
// implementation is an honest peer, while a shared one would agree with its own mistakes.

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <tl/expected.hpp>

#include "tools/fleetsim/descriptor.h"
#include "tools/fleetsim/monitors.h"
#include "tools/fleetsim/options.h"
#include "tools/fleetsim/pki.h"
#include "tools/fleetsim/ports.h"
#include "tools/fleetsim/service.h"
#include "tools/fleetsim/tls.h"
#include "tools/fleetsim/worker.h"

namespace {

using namespace tracer::fleetsim;

constexpr int kOwnTrouble = 3;

int complain(std::string_view sentence) {
  fmt::print(stderr, "fleetsim: {}\n", sentence);
  return kOwnTrouble;
}

bool write_stdout(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Replaces the file in one step, so that nobody reads half of it. Empty, or one sentence.
std::string write_file(const std::string& path, std::string_view text, mode_t mode) {
  const std::filesystem::path target(path);
  std::error_code ignored;  // the open below tells
  if (target.has_parent_path()) {
    std::filesystem::create_directories(target.parent_path(), ignored);
  }
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  const Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!file || !write_all(file.get(), text) || ::rename(fresh.c_str(), path.c_str()) != 0) {
    return fmt::format("cannot write {}: {}", path, std::strerror(errno));
  }
  return {};
}

std::string write_credentials(const Pki& pki, const Options& options) {
  std::string error;
  const auto write = [&error](const std::string& path, const std::string& text, mode_t mode) {
    if (error.empty() && !path.empty()) error = write_file(path, text, mode);
  };
  write(options.ca_out, pki.root_pem(), 0644);
  write(options.client_cert_out, pki.client_certificate_pem(), 0644);
  write(options.client_key_out, pki.client_key_pem(), 0600);
  return error;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Blocks the signals that end the program, for every thread started later, and hands them out.
Descriptor catch_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  return Descriptor(::signalfd(-1, &ending, SFD_CLOEXEC));
}

void wait_for_end(const Descriptor& signals, bool until_stdin_closes) {
  pollfd waited[] = {
      {.fd = signals.get(), .events = POLLIN, .revents = 0},
      {.fd = until_stdin_closes ? STDIN_FILENO : -1, .events = POLLIN, .revents = 0}};
  char ignored[4096];
  for (;;) {
    if (::poll(waited, 2, -1) < 0) continue;
    if (waited[0].revents != 0) return;
    if (waited[1].revents != 0 && ::read(STDIN_FILENO, ignored, sizeof(ignored)) <= 0) return;
  }
}

int serve(const Options& options) {
  const Descriptor signals = catch_signals();
  raise_descriptor_limit();
  const auto pki = Pki::generate(options.leaves);
  if (!pki) return complain(pki.error());
  const auto tls = TlsServer::create(*pki, services());
  if (!tls) return complain(tls.error());
  const auto ports = Ports::open(services(), options.base_port, options.workers);
  if (!ports) return complain(ports.error());
  if (!ports->tied_to_loopback()) {
    complain("not allowed to tie sockets to the loopback device; others are turned away on accept");
  }
  if (!ports->has_ipv6()) complain("no IPv6 loopback here; serving 127.0.0.0/8 alone");

  std::vector<Worker> workers;
  for (int i = 0; i < options.workers; ++i) {
    auto worker = Worker::create(ports->listeners(i), *tls,
                                 static_cast<std::int64_t>(options.idle_timeout_s * 1e9));
    if (!worker) return complain(worker.error());
    workers.push_back(std::move(*worker));
  }
  if (const std::string error = write_credentials(*pki, options); !error.empty()) {
    return complain(error);
  }
  std::vector<std::thread> threads;
  for (Worker& worker : workers) threads.emplace_back(&Worker::run, &worker);
  write_stdout(fmt::format("ready base_port={} services={} ipv6={}\n", ports->base_port(),
                           services().size(), ports->has_ipv6() ? "yes" : "no"));
  wait_for_end(signals, options.until_stdin_closes);
  for (const Worker& worker : workers) worker.stop();
  for (std::thread& thread : threads) thread.join();
  return 0;
}

int run(const Options& options) {
  switch (options.mode) {
    case Mode::kList: {
      const bool written =
          write_stdout(options.json ? list_json(services(), options.base_port, options.emit.ca_file)
                                    : list_text(services(), options.base_port));
      return written ? 0 : complain("cannot write the list");
    }
    case Mode::kEmit: {
      const auto emitted = emit_monitors(services(), options.emit, write_stdout);
      return emitted ? 0 : complain(emitted.error());
    }
    case Mode::kServe:
      return serve(options);
  }
  return kOwnTrouble;
}

}  // namespace

int main(int argc, char** argv) {
  const auto parsed = parse_options(argc, argv);
  if (const int* status = std::get_if<int>(&parsed)) return *status;
  return run(std::get<Options>(parsed));
}
