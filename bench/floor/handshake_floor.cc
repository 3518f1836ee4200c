// The least that a TLS 1.3 handshake costs a client: bare wolfSSL in memory, against a server whose
// part is not counted.

#include <time.h>

#include <memory>

#include "bench/floor/floor.h"
#include "bench/floor/tls_end.h"

namespace tracer::bench {
namespace {

// CPU time of this thread while it was running.
class Stopwatch {
 public:
  void start() { started_s_ = now_s(); }
  void stop() { total_s_ += now_s() - started_s_; }
  double total_s() const { return total_s_; }

 private:
  static double now_s() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }
  double started_s_ = 0;
  double total_s_ = 0;
};

bool shake_hands(WOLFSSL_CTX* client_context, WOLFSSL_CTX* server_context, Stopwatch& stopwatch) {
  End server(server_context, true);
  stopwatch.start();
  auto client = std::make_unique<End>(client_context, false);
  End::State state = client->handshake({});
  stopwatch.stop();
  while (state == End::State::kGoesOn && !client->output().empty()) {
    if (server.handshake(client->output()) != End::State::kGoesOn) return false;
    stopwatch.start();
    client->clear_output();
    state = client->handshake(server.output());
    stopwatch.stop();
    server.clear_output();
  }
  if (state != End::State::kDone) return false;
  const bool accepted = server.handshake(client->output()) == End::State::kDone;
  stopwatch.start();
  client.reset();
  stopwatch.stop();
  return accepted;
}

int run(const Options& options) {
  WOLFSSL_CTX* server = server_context(options.text("certificate"), options.text("key"));
  WOLFSSL_CTX* client = client_context();
  const std::uint64_t count = options.number("count", 2000);
  Stopwatch warm;
  for (std::uint64_t i = options.number("warm", 0); i > 0; --i) shake_hands(client, server, warm);
  Stopwatch stopwatch;
  std::uint64_t succeeded = 0;
  const Cost start = Cost::now();
  for (std::uint64_t i = 0; i < count; ++i) {
    if (shake_hands(client, server, stopwatch)) ++succeeded;
  }
  const double wall_s = Cost::now().since(start).wall_s;
  return report({"handshake_floor", count, succeeded, 1, {stopwatch.total_s(), 0, wall_s}});
}

}  // namespace
}  // namespace tracer::bench

int main(int argc, char** argv) {
  using namespace tracer::bench;
  return run(Options(argc, argv, {"certificate", "key", "count", "warm"}));
}
