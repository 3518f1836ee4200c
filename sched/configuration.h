// What a run checks at a time, and how it goes over to something else while it runs. A
// Configuration is immutable and shared by all threads; its monitors may be those of another one.
//
// The thread that reloads owns every change, has each thread concerned make it, and waits until
// that is done; a change comes back with what it has replaced, so that nothing large is freed on a
// thread that probes.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "engine/monitor.h"
#include "engine/tls_assets.h"

namespace tracer::sched {

struct Configuration {
  std::shared_ptr<const engine::MonitorSet> kept;  // what `monitors` refers to
  const engine::MonitorSet& monitors;
  engine::TrustStores trust;  // of these monitors

  // The error is one sentence.
  static tl::expected<std::shared_ptr<const Configuration>, std::string> load(
      engine::MonitorSet monitors);
  // The same monitors, with the roots that their files hold now. Likewise.
  tl::expected<std::shared_ptr<const Configuration>, std::string> renewed() const;
};
using ConfigurationRef = std::shared_ptr<const Configuration>;

// What changes for the evaluator.
struct EvaluatorChange {
  ConfigurationRef configuration;  // the next one; once made, the one before
  std::vector<std::uint32_t> removed;
  std::vector<std::uint32_t> added;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> changed;  // (removed, added) of one id
};

// What changes for one shard: monitors of its share alone.
struct ShardChange {
  ConfigurationRef configuration;  // as above
  engine::TlsContexts contexts;    // likewise
  std::vector<std::uint32_t> removed;
  std::vector<std::uint32_t> added;
};

// Carries a change from the thread that reloads to the thread that makes it.
template <typename Change>
class Handover {
 public:
  // The giver: the change stays where it is until done() is true. REQUIRES: nothing is under way.
  void give(Change& change) {
    done_.store(false, std::memory_order_relaxed);
    change_.store(&change, std::memory_order_release);
  }
  bool done() const { return done_.load(std::memory_order_acquire); }

  // The taker: null when there is nothing; else to be finished by finish().
  Change* take() {
    if (change_.load(std::memory_order_relaxed) == nullptr) return nullptr;
    return change_.exchange(nullptr, std::memory_order_acquire);
  }
  void finish() { done_.store(true, std::memory_order_release); }

 private:
  std::atomic<Change*> change_{nullptr};
  std::atomic<bool> done_{true};
};

}  // namespace tracer::sched
