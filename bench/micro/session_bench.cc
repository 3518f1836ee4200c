// A client's TLS 1.3 handshake in memory: as a check makes it, from the session's making to its
// end. The server's part is not counted.

#include "ssl/session.h"

#include <benchmark/benchmark.h>
#include <time.h>

#include <memory>
#include <vector>

#include "tests/unit/ssl/chains.h"
#include "tests/unit/ssl/session_pair.h"

namespace tracer::ssl {
namespace {

double cpu_s() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// With a judge, the chain is judged too: one that is remembered.
void handshake(benchmark::State& state, ChainJudge* judge) {
  const auto context = testing::context();
  const auto roots = testing::store({"root"});
  for (auto _ : state) {
    testing::MemoryServer server(testing::only(ProtocolVersion::kTls13));
    double spent_s = -cpu_s();
    auto session = Session::create(*context, testing::kHost);
    (void)session->handshake({});
    spent_s += cpu_s();
    server.feed(session->output());
    const auto flight = server.take_output();
    spent_s -= cpu_s();
    session->clear_output();
    bool good = session->handshake(flight) == Session::Status::kDone;
    if (judge != nullptr) {
      const auto judgement =
          judge->judge(session->peer_chain(), *roots, testing::kHost, testing::kNow);
      good = good && judgement.problems == 0;
    }
    session->close();
    spent_s += cpu_s();
    server.feed(session->output());
    if (!good || !server.done()) state.SkipWithError("the handshake failed");
    spent_s -= cpu_s();
    session.reset();
    spent_s += cpu_s();
    state.SetIterationTime(spent_s);
  }
}

void Session_Handshake(benchmark::State& state) { handshake(state, nullptr); }
void Session_HandshakeJudged(benchmark::State& state) {
  ChainJudge judge(16);
  handshake(state, &judge);
}
BENCHMARK(Session_Handshake)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(Session_HandshakeJudged)->UseManualTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tracer::ssl
