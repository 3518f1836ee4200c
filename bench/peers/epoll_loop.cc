// A peer of the benchmarks: what a careful engineer writes in a day to check many TCP or TLS
// services at once. One thread, epoll, OpenSSL; a time-out for each connection; with TLS the chain
// and the name are verified, by OpenSSL itself. It knows nothing of schedules, and reports nothing
// but whether it worked.
//
// Options and output are those of the floors (bench/README.md), and --tls, --ca-file FILE,
// --server-name NAME.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr double kTimeoutS = 30;
constexpr double kSweepS = 1;  // between two looks for connections that take too long
constexpr int kEventsATurn = 512;
constexpr int kBadUsage = 2;

struct Options {
  sockaddr_in target{};
  std::uint32_t addresses = 1;
  std::uint32_t in_flight = 1000;
  std::uint64_t count = 10000;
  std::uint64_t warm = 0;
  bool tls = false;
  std::string ca_file;
  std::string server_name;
};

struct ContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct SessionFree {
  void operator()(SSL* session) const { SSL_free(session); }
};
using Context = std::unique_ptr<SSL_CTX, ContextFree>;
using Session = std::unique_ptr<SSL, SessionFree>;

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The addresses as fleetsim counts them: every octet from 1 to 254.
in_addr nth_address(in_addr first, std::uint32_t n) {
  const std::uint32_t octets = ntohl(first.s_addr);
  const auto digit = [octets](int place) { return (octets >> (8 * place) & 255) - 1; };
  const std::uint32_t number = (digit(2) * 254 + digit(1)) * 254 + digit(0) + n;
  return {htonl((octets & 0xff000000) | (number / (254 * 254) % 254 + 1) << 16 |
                (number / 254 % 254 + 1) << 8 | (number % 254 + 1))};
}

class Loop {
 public:
  Loop(const Options& options, SSL_CTX* context)
      : options_(options),
        context_(context),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        connections_(options.in_flight) {}
  ~Loop() { close(epoll_); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Makes so many probes, and returns how many succeeded.
  std::uint64_t run(std::uint64_t probes) {
    started_ = ended_ = succeeded_ = 0;
    probes_ = probes;
    for (std::uint32_t i = 0; i < connections_.size() && started_ < probes_; ++i) start(i);
    double sweep_s = now_s() + kSweepS;
    std::array<epoll_event, kEventsATurn> events{};
    while (ended_ < probes_) {
      const int ready = epoll_wait(epoll_, events.data(), kEventsATurn, 1000);
      for (int i = 0; i < ready; ++i) {
        const auto index = events[static_cast<std::size_t>(i)].data.u32;
        if (connections_[index].socket >= 0) advance(index);
      }
      if (const double now = now_s(); now >= sweep_s) {
        sweep_s = now + kSweepS;
        end_overdue(now);
      }
    }
    return succeeded_;
  }

 private:
  struct Connection {
    int socket = -1;
    bool connected = false;
    double started_s = 0;
    Session session;
  };

  // Ends at once where connect() does; the next probe of the slot then begins.
  void start(std::uint32_t index) {
    while (started_ < probes_) {
      Connection& connection = connections_[index];
      sockaddr_in address = options_.target;
      address.sin_addr = nth_address(address.sin_addr, next_address_);
      next_address_ = (next_address_ + 1) % options_.addresses;
      ++started_;
      connection.started_s = now_s();
      connection.connected = false;
      connection.socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                        .data = {.u32 = index}};
      if (connection.socket >= 0 &&
          (connect(connection.socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) ==
               0 ||
           errno == EINPROGRESS) &&
          epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event) == 0) {
        return;
      }
      finish(connection, false);
    }
  }

  void finish(Connection& connection, bool success) {
    connection.session.reset();
    if (connection.socket >= 0) close(connection.socket);
    connection.socket = -1;
    ++ended_;
    if (success) ++succeeded_;
  }

  void advance(std::uint32_t index) {
    Connection& connection = connections_[index];
    if (!connection.connected) {
      int error = 0;
      socklen_t size = sizeof(error);
      getsockopt(connection.socket, SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) return finish_and_start(index, false);
      connection.connected = true;
      if (context_ == nullptr) return finish_and_start(index, true);
      if (!begin_tls(connection)) return finish_and_start(index, false);
    }
    shake_hands(index);
  }

  bool begin_tls(Connection& connection) {
    connection.session.reset(SSL_new(context_));
    SSL* session = connection.session.get();
    // SSL_set_tlsext_host_name, which is a macro with a cast of the old style.
    void* name = const_cast<char*>(options_.server_name.c_str());
    return session != nullptr && SSL_set_fd(session, connection.socket) == 1 &&
           SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name) == 1 &&
           SSL_set1_host(session, options_.server_name.c_str()) == 1;
  }

  void shake_hands(std::uint32_t index) {
    SSL* session = connections_[index].session.get();
    ERR_clear_error();
    const int result = SSL_connect(session);
    if (result == 1) {
      SSL_shutdown(session);
      return finish_and_start(index, SSL_get_verify_result(session) == X509_V_OK);
    }
    const int error = SSL_get_error(session, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      finish_and_start(index, false);
    }
  }

  void finish_and_start(std::uint32_t index, bool success) {
    finish(connections_[index], success);
    start(index);
  }

  void end_overdue(double now) {
    for (std::uint32_t i = 0; i < connections_.size(); ++i) {
      const Connection& connection = connections_[i];
      if (connection.socket >= 0 && now - connection.started_s > kTimeoutS) {
        finish_and_start(i, false);
      }
    }
  }

  const Options& options_;
  SSL_CTX* context_;
  int epoll_;
  std::vector<Connection> connections_;
  std::uint32_t next_address_ = 0;
  std::uint64_t probes_ = 0;
  std::uint64_t started_ = 0;
  std::uint64_t ended_ = 0;
  std::uint64_t succeeded_ = 0;
};

Context make_context(const Options& options) {
  Context context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_load_verify_file(context.get(), options.ca_file.c_str()) != 1) {
    return nullptr;
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  return context;
}

bool parse_target(const std::string& text, sockaddr_in& target) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return false;
  target.sin_family = AF_INET;
  target.sin_port = htons(static_cast<std::uint16_t>(std::atoi(text.c_str() + colon + 1)));
  return inet_pton(AF_INET, text.substr(0, colon).c_str(), &target.sin_addr) == 1 &&
         target.sin_port != 0;
}

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--tls") {
      options.tls = true;
      continue;
    }
    if (++i == argc) return false;
    const std::string value = argv[i];
    const auto number = static_cast<std::uint32_t>(std::strtoul(value.c_str(), nullptr, 10));
    if (name == "--target") {
      if (!parse_target(value, options.target)) return false;
    } else if (name == "--addresses") {
      options.addresses = number;
    } else if (name == "--in-flight") {
      options.in_flight = number;
    } else if (name == "--count") {
      options.count = number;
    } else if (name == "--warm") {
      options.warm = number;
    } else if (name == "--ca-file") {
      options.ca_file = value;
    } else if (name == "--server-name") {
      options.server_name = value;
    } else {
      return false;
    }
  }
  return options.target.sin_port != 0 && options.addresses > 0 && options.in_flight > 0 &&
         options.count > 0;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fprintf(stderr,
                 "usage: epoll_loop --target ADDRESS:PORT [--addresses N] [--in-flight N] "
                 "[--count N] [--warm N] [--tls --ca-file FILE --server-name NAME]\n");
    return kBadUsage;
  }
  std::signal(SIGPIPE, SIG_IGN);
  const Context context = options.tls ? make_context(options) : nullptr;
  if (options.tls && context == nullptr) {
    std::fprintf(stderr, "epoll_loop: cannot set TLS up with %s\n", options.ca_file.c_str());
    return kBadUsage;
  }
  Loop loop(options, context.get());
  loop.run(options.warm);
  rusage before{};
  getrusage(RUSAGE_SELF, &before);
  const double begin_s = now_s();
  const std::uint64_t succeeded = loop.run(options.count);
  const double wall_s = now_s() - begin_s;
  rusage after{};
  getrusage(RUSAGE_SELF, &after);
  std::printf(
      "{\"program\": \"epoll_loop\", \"probes\": %llu, \"succeeded\": %llu, \"user_s\": %.6f, "
      "\"system_s\": %.6f, \"wall_s\": %.6f, \"in_flight\": %u}\n",
      static_cast<unsigned long long>(options.count), static_cast<unsigned long long>(succeeded),
      seconds(after.ru_utime) - seconds(before.ru_utime),
      seconds(after.ru_stime) - seconds(before.ru_stime), wall_s, options.in_flight);
  return succeeded == options.count ? 0 : 1;
}
