// A Ring that can only watch descriptors, by poll(2): enough for what talks DNS.
#pragma once

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <span>
#include <vector>

#include "engine/ring.h"

namespace tracer::engine {

class PollRing final : public Ring {
 public:
  void connect(Slot, const Endpoint&, const IpAddress&, Token) override { std::abort(); }
  void send(Slot, std::span<const std::uint8_t>, Token) override { std::abort(); }
  void receive(Slot, Token) override { std::abort(); }
  void cancel(Slot) override { std::abort(); }
  void close(Slot, Token) override { std::abort(); }

  void poll(int descriptor, std::uint32_t events, Token token) override {
    watched_.push_back({descriptor, static_cast<short>(events), token});
  }
  void cancel_poll(Token token) override {
    if (std::erase_if(watched_, [&](const Watched& watched) { return watched.token == token; })) {
      cancelled_.push_back({.token = token, .result = -ECANCELED});
    }
  }

  std::span<const Completion> wait(std::int64_t timeout_ns) override {
    completed_ = std::exchange(cancelled_, {});
    std::vector<pollfd> descriptors;
    for (const Watched& watched : watched_) {
      descriptors.push_back({watched.descriptor, watched.events, 0});
    }
    const int timeout_ms = completed_.empty() ? static_cast<int>(timeout_ns / 1'000'000) : 0;
    ::poll(descriptors.data(), descriptors.size(), timeout_ms);
    std::vector<Watched> still;
    for (std::size_t at = 0; at < watched_.size(); ++at) {
      if (descriptors[at].revents == 0) {
        still.push_back(watched_[at]);
      } else {
        completed_.push_back({.token = watched_[at].token, .result = descriptors[at].revents});
      }
    }
    watched_ = std::move(still);
    return completed_;
  }

  void wake() override {}
  std::uint32_t slots() const override { return 0; }
  std::size_t watched() const { return watched_.size(); }

 private:
  struct Watched {
    int descriptor;
    short events;
    Token token;
  };
  std::vector<Watched> watched_;
  std::vector<Completion> cancelled_;
  std::vector<Completion> completed_;
};

}  // namespace tracer::engine
