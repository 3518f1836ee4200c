#include "tests/sim/scenario.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <utility>

#include "tests/sim/scenario_crowding.h"
#include "tests/unit/ssl/chains.h"

namespace tracer::sim {
namespace {

using engine::CheckPolicy;
using engine::IpAddress;
using engine::MonitorSpec;

IpAddress ipv4(std::uint8_t net, std::size_t number, std::size_t more = 0) {
  IpAddress address{.family = 4};
  address.bytes[0] = 10;
  address.bytes[1] = net;
  address.bytes[2] = static_cast<std::uint8_t>(number & 0xff);
  address.bytes[3] = static_cast<std::uint8_t>((number >> 8) * 20 + more + 1);
  return address;
}

IpAddress ipv6(std::size_t number, std::size_t more) {
  IpAddress address{.family = 6};
  address.bytes[0] = 0xfd;
  address.bytes[6] = static_cast<std::uint8_t>(number >> 8);
  address.bytes[7] = static_cast<std::uint8_t>(number & 0xff);
  address.bytes[15] = static_cast<std::uint8_t>(more + 1);
  return address;
}

constexpr std::uint8_t kDeniedNet = 66;
constexpr std::uint32_t kNobody = UINT32_MAX;

class Maker {
 public:
  Maker(std::uint64_t seed, const Restrictions& restrictions)
      : random_(seed, 1), restrictions_(restrictions) {
    scenario_.seed = seed;
  }

  Scenario make() {
    draw_world();
    for (std::size_t i = 0; i < count_; ++i) {
      Target target = draw_target(i, std::to_string(i), i < tls_);
      if (i < restrictions_.most_targets) scenario_.targets.push_back(std::move(target));
    }
    Document& document = scenario_.documents.emplace_back(scenario_.targets.size());
    std::iota(document.begin(), document.end(), 0U);
    draw_steps();
    // What came later has draws of its own: without it a seed means what it meant before.
    random_ = Random(scenario_.seed, kReloadStream);
    if (wanted(Fault::kReload) && !crowd_ && !once() && random_.chance(350)) draw_reloads();
    random_ = Random(scenario_.seed, kCrowdingStream);
    if (wanted(Fault::kAddressFull) && random_.chance(150)) crowd_addresses(scenario_, random_);
    std::ranges::stable_sort(scenario_.steps, {}, &Step::at_ns);
    return std::move(scenario_);
  }

 private:
  static constexpr std::uint64_t kReloadStream = 5;
  static constexpr std::uint64_t kCrowdingStream = 6;

  bool once() const { return scenario_.shard.repetition == sched::Repetition::kOnce; }
  bool wanted(Fault fault) const {
    return std::ranges::find(restrictions_.without, fault) == restrictions_.without.end();
  }

  void draw_world() {
    scenario_.faults = Faults::swarm(random_);
    for (const Fault fault : restrictions_.without) scenario_.faults.set_weight(fault, 0);
    sched::ShardOptions& options = scenario_.shard;
    const bool once = random_.chance(150);
    options.repetition = once ? sched::Repetition::kOnce : sched::Repetition::kForEver;
    scenario_.shards = static_cast<std::uint32_t>(random_.between(1, 3));
    crowd_ = random_.chance(once ? 300 : 40);
    count_ = static_cast<std::size_t>(crowd_ ? random_.between(300, 700) : random_.between(1, 24));
    scenario_.calm = random_.chance(300);
    const auto count = static_cast<std::uint32_t>(count_);
    options.slots =
        scenario_.calm ? 20 * count + 64 : 1 + static_cast<std::uint32_t>(random_.below(count + 3));
    if (!scenario_.calm && random_.chance(200)) {
      options.starts_per_second = static_cast<std::uint32_t>(random_.between(1, 300));
    }
    constexpr std::size_t kRings[] = {16, 64, 256};
    options.outcome_ring = scenario_.calm ? 1024 : random_.pick(kRings);
    if (scenario_.calm) scenario_.faults.set_weight(Fault::kEvaluatorStalls, 0);
    if (random_.chance(200)) {
      options.egress.deny.push_back({ipv4(kDeniedNet, 0), 16});
      options.egress.deny.back().address.bytes[3] = 0;
      denied_ = true;
    }
    constexpr std::int64_t kIntervals[] = {1000, 2000, 5000, 10'000, 60'000, 300'000, 3'600'000};
    interval_ms_ = random_.pick(kIntervals);
    const auto rounds =
        static_cast<std::int64_t>(1 + random_.below(std::min<std::uint64_t>(40, 1 + 400 / count_)));
    duration_ns_ = rounds * interval_ms_ * kMillisecond;
    tls_ = random_.chance(100) ? 1 + random_.below(2) : 0;
    // TLS is dear: a seed that has it has little else.
    if (tls_ > 0) duration_ns_ = std::min(duration_ns_, 10 * interval_ms_ * kMillisecond);
  }

  ServiceKind draw_kind(bool may_speak_tls) {
    constexpr ServiceKind kPlain[] = {ServiceKind::kOpen, ServiceKind::kBanner, ServiceKind::kEcho,
                                      ServiceKind::kBulk, ServiceKind::kBody};
    constexpr ServiceKind kTls[] = {ServiceKind::kTls, ServiceKind::kTlsEcho, ServiceKind::kSmtp,
                                    ServiceKind::kPop3, ServiceKind::kPostgres};
    const ServiceKind plain = random_.pick(kPlain);
    const ServiceKind tls = random_.pick(kTls);
    return may_speak_tls && restrictions_.tls ? tls : plain;
  }

  void draw_policy(CheckPolicy& policy) {
    constexpr std::int64_t kTimeouts[] = {5, 50, 300, 1000, 3000, 10'000};
    constexpr std::int64_t kDelays[] = {0, 10, 1000, 5000};
    constexpr std::int64_t kMultiples[] = {1, 1, 2, 5};
    policy.interval_ms = interval_ms_ * random_.pick(kMultiples);
    policy.timeout_ms = random_.pick(kTimeouts);
    if (random_.chance(400)) {
      policy.max_retries = static_cast<std::uint32_t>(random_.between(1, 3));
      policy.retry_delay_ms = random_.pick(kDelays);
    }
    policy.should_fail = random_.chance(60);
    if (random_.chance(100)) policy.addresses = engine::AddressMode::kAll;
  }

  void draw_host(Target& target, std::size_t number) {
    target.literal = random_.chance(400);
    if (target.literal) {
      const IpAddress address = random_.chance(200) ? ipv6(number, 0) : ipv4(1, number);
      target.spec.host = address.to_string();
      return;
    }
    // Some share a name: its writing tells them apart, but not for DNS.
    const bool shares = !scenario_.names.empty() && random_.chance(150);
    if (!shares) draw_name(number);
    target.spec.host = shares ? random_.pick(std::span<const Name>(scenario_.names)).text
                              : scenario_.names.back().text;
    for (std::size_t bit = 0; bit < 10; ++bit) {
      if ((number >> bit & 1) != 0) {
        target.spec.host[bit] = static_cast<char>(target.spec.host[bit] - 'a' + 'A');
      }
    }
  }

  void draw_name(std::size_t number) {
    Name name;
    name.text = "abcdefghij" + std::to_string(number) + ".sim.test";
    name.steady = random_.chance(400);
    const std::size_t addresses = random_.chance(300) ? 1 + random_.below(9) : 1;
    for (std::size_t i = 0; i < addresses; ++i) {
      const bool denied = denied_ && random_.chance(300);
      const bool v6 = !denied && random_.chance(400);
      name.addresses.push_back(v6 ? ipv6(number, i) : ipv4(denied ? kDeniedNet : 2, number, i));
    }
    scenario_.names.push_back(std::move(name));
  }

  Target draw_target(std::size_t number, const std::string& id, bool may_speak_tls) {
    Target target;
    MonitorSpec& spec = target.spec;
    Service& service = target.service;
    service.kind = draw_kind(may_speak_tls);
    spec.name = "monitor " + std::to_string(number);
    spec.id = std::to_string(scenario_.seed % 1000) + "/" + id;
    spec.port = static_cast<std::uint16_t>(kFirstPort + number);
    draw_policy(spec.policy);
    draw_host(target, number);
    draw_exchange(target, number);
    if (speaks_tls(service.kind)) draw_tls(target);
    if (random_.chance(600)) target.temper = draw_temper(service.kind);
    return target;
  }

  void draw_exchange(Target& target, std::size_t number) {
    engine::ExchangePolicy& exchange = target.spec.policy.exchange;
    const ServiceKind kind = target.service.kind;
    const bool sends = kind == ServiceKind::kEcho || kind == ServiceKind::kBulk ||
                       kind == ServiceKind::kBody || kind == ServiceKind::kTlsEcho;
    if (sends) exchange.send = "PING of monitor " + std::to_string(number) + "\n";
    if (kind == ServiceKind::kBulk) {
      exchange.send.resize(static_cast<std::size_t>(random_.between(1000, 60'000)), '#');
    }
    if (sends || kind == ServiceKind::kBanner) {
      exchange.expect = engine::ExchangePolicy::Expect::kSubstring;
      exchange.substring = kExpected;
    }
    if (kind == ServiceKind::kBody) {
      engine::Assertion assertion;
      assertion.subject = engine::Assertion::Subject::kResponse;
      assertion.comparison = engine::Assertion::Operator::kContains;
      assertion.values.emplace_back(kBodyEnd);
      target.spec.policy.assertions.push_back(std::move(assertion));
    }
    target.service.request = exchange.send;
  }

  void draw_tls(Target& target) {
    engine::TlsPolicy& tls = target.spec.policy.tls;
    tls.enabled = true;
    tls.verify = target.service.verified = !random_.chance(250);
    tls.ca_file = std::string(TRACER_TEST_CHAINS) + "/root.pem";
    target.spec.server_name = ssl::testing::kHost;
    if (target.service.kind == ServiceKind::kSmtp) tls.starttls = engine::StarttlsProtocol::kSmtp;
    if (target.service.kind == ServiceKind::kPop3) tls.starttls = engine::StarttlsProtocol::kPop3;
    if (target.service.kind == ServiceKind::kPostgres) {
      tls.starttls = engine::StarttlsProtocol::kPostgres;
    }
  }

  Temper draw_temper(ServiceKind kind) {
    constexpr int kTempers = static_cast<int>(Temper::kHandshakeCut) + 1;
    if (random_.chance(500)) return Temper::kPerfect;
    for (;;) {
      const auto temper = static_cast<Temper>(random_.below(kTempers));
      if (makes_sense(kind, temper)) return temper;
    }
  }

  void draw_steps() {
    std::vector<Step>& steps = scenario_.steps;
    const auto moment = [&] { return random_.between(0, duration_ns_); };
    if (scenario_.faults.weight(Fault::kWallSteps) > 0) {
      for (std::uint64_t i = 0; i < 4; ++i) {
        // By a whole interval: then the times of two checks look alike.
        const bool whole = random_.chance(300);
        const std::int64_t by_ms = whole ? -interval_ms_ : random_.between(-86'400'000, 86'400'000);
        steps.push_back({moment(), Step::Kind::kWallStep, by_ms});
      }
    }
    const bool breaks = scenario_.faults.weight(Fault::kSinkBreaks) > 0 && random_.chance(200);
    if (breaks) steps.push_back({moment(), Step::Kind::kSinkBreaks});
    drain_ns_ = random_.chance(300) ? moment() : duration_ns_;
    if (!once() || random_.chance(300)) steps.push_back({drain_ns_, Step::Kind::kDrain});
    const bool aborts = scenario_.faults.weight(Fault::kAbort) > 0 && random_.chance(400);
    if (aborts) steps.push_back({drain_ns_ + random_.between(0, kSecond), Step::Kind::kAbort});
  }

  // Some at moments of their own, some in a row, and near to when a check begins.
  void draw_reloads() {
    scenario_.faults.set_weight(Fault::kReload, 1000);
    std::int64_t at_ns = 0;
    const std::uint64_t reloads = 1 + random_.below(5);
    for (std::uint64_t i = 0; i < reloads; ++i) {
      const bool in_a_row = i > 0 && random_.chance(500);
      at_ns = in_a_row ? at_ns + random_.between(0, 2 * kSecond) : random_.between(0, drain_ns_);
      scenario_.steps.push_back({at_ns, Step::Kind::kReload});
    }
    // The order of the documents is that of their times.
    std::ranges::stable_sort(scenario_.steps, {}, &Step::at_ns);
    for (Step& step : scenario_.steps) {
      if (step.kind != Step::Kind::kReload) continue;
      step.value = static_cast<std::int64_t>(scenario_.documents.size());
      scenario_.documents.push_back(draw_document(scenario_.documents.back()));
    }
  }

  Document draw_document(const Document& earlier) {
    const auto remove = static_cast<std::uint32_t>(random_.below(400));
    const auto change = static_cast<std::uint32_t>(random_.below(400));
    Document document;
    for (const std::uint32_t number : earlier) {
      if (random_.chance(remove)) {
        removed_.push_back(number);
      } else {
        document.push_back(random_.chance(change) ? draw_version(number) : number);
      }
    }
    for (std::size_t i = 0; i < removed_.size();) {
      const bool stays_away = random_.chance(700);
      if (stays_away) {
        ++i;
        continue;
      }
      document.push_back(draw_version(removed_[i]));
      removed_.erase(removed_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (random_.chance(500)) document.push_back(draw_version(kNobody));
    return document;
  }

  // Another target of the same id, or of one that is new.
  std::uint32_t draw_version(std::uint32_t of) {
    const std::size_t number = scenario_.targets.size();
    Target target = draw_target(number, std::to_string(number),
                                of != kNobody && speaks_tls(scenario_.targets[of].service.kind));
    if (of != kNobody) {
      const engine::MonitorSpec& earlier = scenario_.targets[of].spec;
      target.spec.id = earlier.id;
      if (random_.chance(500)) target.spec.policy.interval_ms = earlier.policy.interval_ms;
    }
    target.spec.enabled = !random_.chance(50);
    scenario_.targets.push_back(std::move(target));
    return static_cast<std::uint32_t>(number);
  }

  Random random_;
  const Restrictions& restrictions_;
  Scenario scenario_;
  std::size_t count_ = 1;
  std::size_t tls_ = 0;  // so many monitors
  bool crowd_ = false;
  bool denied_ = false;
  std::int64_t interval_ms_ = 1000;
  std::int64_t duration_ns_ = 0;
  std::int64_t drain_ns_ = 0;
  Document removed_;  // targets whose ids are gone
};

}  // namespace

Scenario make_scenario(std::uint64_t seed, const Restrictions& restrictions) {
  return Maker(seed, restrictions).make();
}

}  // namespace tracer::sim
