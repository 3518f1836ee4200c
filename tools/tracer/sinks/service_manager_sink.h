// Keeps the service manager that started us informed (sd_notify's protocol, as systemd documents
// it): ready, stopping, and alive as long as reports are being taken. Does nothing where
// $NOTIFY_SOCKET is not set. Evaluator thread, but for stopping().
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/clock.h"
#include "sched/report_sink.h"

namespace tracer::cli {

class ServiceManagerSink final : public sched::ReportSink {
 public:
  struct Environment {
    std::string socket;            // $NOTIFY_SOCKET; empty: nobody wants to know
    std::int64_t watchdog_us = 0;  // $WATCHDOG_USEC; 0: no watchdog
  };
  static Environment read_environment();

  // The clock outlives the sink.
  ServiceManagerSink(Environment environment, const engine::Clock& clock);

  void ready() const { notify("READY=1"); }
  void stopping() const { notify("STOPPING=1"); }  // any thread
  void write(std::span<const engine::Report>) override {}
  void tick() override;
  tl::expected<void, std::string> finish() override { return {}; }

 private:
  void notify(std::string_view state) const;

  const Environment environment_;
  const engine::Clock& clock_;
  std::int64_t next_alive_ns_ = 0;
};

}  // namespace tracer::cli
