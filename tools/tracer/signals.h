// SIGINT and SIGTERM as calls: the first asks to stop gently, the second at once. Made by main
// before any other thread, so that all threads have the signals blocked; owns one thread. Where
// there is no file descriptor left for it, signals end the program at once, as they do by default.
#pragma once

#include <functional>
#include <mutex>
#include <thread>

namespace tracer::cli {

class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // `on_signal` is called on the signal thread with 1 for the first signal, 2 for the second …
  // until release() has returned.
  void attach(std::function<void(int count)> on_signal);
  void release();
  int count() const;

 private:
  void serve();

  int stop_descriptor_ = -1;
  int signal_descriptor_ = -1;
  mutable std::mutex mutex_;
  std::function<void(int)> on_signal_;
  int count_ = 0;
  std::thread thread_;
};

}  // namespace tracer::cli
