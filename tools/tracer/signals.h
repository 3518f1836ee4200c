// SIGINT and SIGTERM as calls: the first asks to stop gently, the second at once. Those within a
// tenth of a second are one: timeout(1) signals its child and then its group, which the child is
// in. SIGHUP asks to reload where there is something to reload, and else to stop, as it does by
// default. Made by main before any other thread, so that all threads have the signals blocked; owns
// one thread. Where there is no file descriptor left for it, signals end the program at once, as
// they do by default.
#pragma once

#include <functional>
#include <mutex>
#include <thread>

#include "engine/clock.h"

namespace tracer::cli {

class Signals {
 public:
  explicit Signals(const engine::Clock& clock);  // which outlives it
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // `on_stop` is called on the signal thread with 1 for the first signal, 2 for the second … until
  // release() has returned; `on_hangup`, which may be empty, likewise.
  void attach(std::function<void(int count)> on_stop, std::function<void()> on_hangup = {});
  void release();
  int count() const;  // of those that ask to stop

 private:
  void serve();

  const engine::Clock& clock_;
  int stop_descriptor_ = -1;
  int signal_descriptor_ = -1;
  mutable std::mutex mutex_;
  std::function<void(int)> on_stop_;
  std::function<void()> on_hangup_;
  int count_ = 0;
  std::thread thread_;
};

}  // namespace tracer::cli
