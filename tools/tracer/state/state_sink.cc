#include "tools/tracer/state/state_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tracer::cli {
namespace {

void tell(const Restored& restored, const std::string& file, const StateSink::Say& say) {
  const RestoreMessages messages = restore_messages(restored, file);
  if (!messages.note.empty()) say(messages.note);
  if (!messages.warning.empty()) {
    say("warning: " + messages.warning + "; monitors that are not known start afresh");
  }
}

}  // namespace

StateSink::StateSink(const StateOptions& options, const engine::Clock& clock, Say say)
    : options_(options), clock_(clock), say_(std::move(say)) {
  if (!options_.path.empty()) file_.emplace(options_.path, clock);
}

StateSink::~StateSink() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

sched::HistoryBook StateSink::restore(const engine::MonitorSet& monitors) {
  Restored restored;
  if (file_) {
    auto claimed = file_->claim(monitors);
    failing_ = !claimed;
    if (!claimed) {
      say_("warning: " + claimed.error() + "; no state is kept until that has changed");
    } else {
      restored = std::move(*claimed);
      if (options_.restore_from.empty()) tell(restored, options_.path, say_);
    }
  }
  if (!options_.restore_from.empty()) restored = restore_from_other(monitors);
  return std::move(restored.histories);
}

Restored StateSink::restore_from_other(const engine::MonitorSet& monitors) const {
  const std::string& file = options_.restore_from;
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  Restored restored;
  if (descriptor < 0) {
    restored.error = errno;
  } else {
    restored = restore_histories(descriptor, monitors);
    ::close(descriptor);
  }
  tell(restored, file, say_);
  return restored;
}

void StateSink::watch(Look look, sched::ReportSink& results) {
  look_ = std::move(look);
  results_ = &results;
  next_ns_ = clock_.monotonic_ns() + options_.interval_ms * 1'000'000;
  if (file_) thread_ = std::thread([this] { serve(); });
}

void StateSink::tick() {
  if (!thread_.joinable() || clock_.monotonic_ns() < next_ns_) return;
  next_ns_ = clock_.monotonic_ns() + options_.interval_ms * 1'000'000;
  write_if_changed();
}

// Hands a copy to the writer, unless that is still busy with the last one.
void StateSink::write_if_changed() {
  Known known = look_();
  {
    const std::lock_guard lock(mutex_);
    if (busy_ || (!failing_ && known.histories.revision() == handed_over_)) return;
  }
  // A change that the state knows and that nobody was told of would never be told. So the results
  // leave first, and where they reach nobody any more the state stays as it is.
  results_->flush();
  if (results_->broken()) return;
  const std::lock_guard lock(mutex_);
  monitors_ = std::move(known.monitors);
  copy_ = known.histories.all();
  handed_over_ = known.histories.revision();
  copied_unix_ms_ = clock_.unix_ms();
  busy_ = true;
  changed_.notify_all();
}

void StateSink::wait_until_idle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !busy_; });
}

void StateSink::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return busy_ || stopping_; });
    if (!busy_) return;
    lock.unlock();
    const auto replaced = file_->replace(*monitors_, copy_, copied_unix_ms_);
    monitors_.reset();  // the last one to hold a set of earlier may be this thread
    lock.lock();
    const bool failed = !replaced;
    if (failed && !failing_) {
      say_("warning: " + replaced.error() + "; no state is kept until that has changed");
    } else if (!failed && failing_) {
      say_("the state is kept again in " + options_.path);
    }
    failing_ = failed;
    busy_ = false;
    changed_.notify_all();
  }
}

tl::expected<void, std::string> StateSink::finish() {
  if (!thread_.joinable()) return {};
  wait_until_idle();
  write_if_changed();
  wait_until_idle();
  if (failing_) say_("warning: the state at the end of the run could not be kept");
  return {};
}

}  // namespace tracer::cli
