// The least that a TLS check costs: connect_floor, with a handshake of bare wolfSSL between, its
// bytes moved by the ring. Close_notify leaves with the client's last flight, as with tracer.

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "bench/floor/floor.h"
#include "bench/floor/ring.h"
#include "bench/floor/tls_end.h"

namespace tracer::bench {
namespace {

class TlsFloor {
 public:
  TlsFloor(const Options& options, unsigned in_flight)
      : targets_(options),
        server_name_(options.text("server-name", "")),
        context_(client_context()),
        ring_(in_flight),
        connections_(in_flight) {
    for (unsigned slot = 0; slot < in_flight; ++slot) free_.push_back(slot);
  }
  const Targets& targets() const { return targets_; }

  // Returns how many of `count` handshakes succeeded.
  std::uint64_t run(std::uint64_t count) {
    std::uint64_t started = 0;
    ended_ = 0;
    succeeded_ = 0;
    while (ended_ < count) {
      for (; started < count && !free_.empty(); ++started) {
        ring_.connect(free_.back(), targets_.next());
        free_.pop_back();
      }
      ring_.wait([this](unsigned slot, Step step, int result) { on_end(slot, step, result); });
    }
    return succeeded_;
  }

 private:
  struct Connection {
    std::unique_ptr<End> end;
    bool done = false;
    std::array<std::uint8_t, 4096> received;
  };

  void on_end(unsigned slot, Step step, int result) {
    Connection& connection = connections_[slot];
    switch (step) {
      case Step::kConnect:
        if (result < 0) break;
        connection.end = std::make_unique<End>(context_, false, server_name_);
        connection.done = false;
        return shake_hands(slot, {});
      case Step::kSend:
        if (result != static_cast<int>(connection.end->output().size())) break;
        connection.end->clear_output();
        if (!connection.done) return ring_.receive(slot, connection.received);
        ++succeeded_;
        break;
      case Step::kReceive:
        if (result <= 0) break;
        return shake_hands(slot,
                           std::span(connection.received).first(static_cast<unsigned>(result)));
      case Step::kClose:
        free_.push_back(slot);
        ++ended_;
        return;
    }
    connection.end.reset();
    ring_.close(slot);
  }

  void shake_hands(unsigned slot, std::span<const std::uint8_t> received) {
    Connection& connection = connections_[slot];
    const End::State state = connection.end->handshake(received);
    connection.done = state == End::State::kDone;
    if (connection.done) connection.end->close();
    if (state == End::State::kFailed) {
      connection.end.reset();
      ring_.close(slot);
    } else if (connection.end->output().empty()) {
      ring_.receive(slot, connection.received);
    } else {
      ring_.send(slot, connection.end->output());
    }
  }

  Targets targets_;
  const std::string server_name_;
  WOLFSSL_CTX* context_;
  Ring ring_;
  std::vector<Connection> connections_;
  std::vector<unsigned> free_;
  std::uint64_t ended_ = 0;
  std::uint64_t succeeded_ = 0;
};

int run(const Options& options) {
  const std::uint64_t in_flight = options.number("in-flight", 1000);
  const std::uint64_t count = options.number("count", 20'000);
  TlsFloor floor(options, static_cast<unsigned>(in_flight));
  floor.run(options.number("warm", 0));
  const Cost start = Cost::now();
  const std::uint64_t succeeded = floor.run(count);
  return report({"tls_floor", count, succeeded, in_flight, Cost::now().since(start)},
                "\"addresses\": " + std::to_string(floor.targets().size()));
}

}  // namespace
}  // namespace tracer::bench

int main(int argc, char** argv) {
  using namespace tracer::bench;
  return run(
      Options(argc, argv, {"target", "addresses", "in-flight", "count", "warm", "server-name"}));
}
