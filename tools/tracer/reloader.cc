#include "tools/tracer/reloader.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "tools/tracer/import_report.h"

namespace tracer::cli {
namespace {

constexpr int kNiceness = 10;

}  // namespace

Reloader::Reloader(Options options, sched::Fleet& fleet)
    : options_(std::move(options)),
      fleet_(fleet),
      watch_(options_.watch ? options_.files : std::vector<std::string>{}),
      thread_([this] { serve(); }) {
  if (!watch_.trouble().empty()) fmt::print(stderr, "tracer: {}\n", watch_.trouble());
}

Reloader::~Reloader() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  watch_.wake();
  thread_.join();
}

std::future<ReloadResult> Reloader::request() {
  std::promise<ReloadResult> promise;
  std::future<ReloadResult> result = promise.get_future();
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::move(promise));
  }
  watch_.wake();
  return result;
}

void Reloader::serve() {
  setpriority(PRIO_PROCESS, 0, kNiceness);  // of this thread alone, on Linux
  while (true) {
    const bool changed = watch_.wait();
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) break;
      if (!changed && requests_.empty()) continue;
    }
    answer_requests();
  }
  for (auto& request : requests_) request.set_value({{}, "the run is ending\n"});
}

void Reloader::answer_requests() {
  std::vector<std::promise<ReloadResult>> requests;
  {
    const std::lock_guard lock(mutex_);
    requests.swap(requests_);
  }
  const ReloadResult result = reload();
  if (result.refusal.empty()) {
    fmt::print(stderr, "tracer: reloaded: {} added, {} removed, {} changed, {} unchanged\n",
               result.difference.added, result.difference.removed, result.difference.changed,
               result.difference.unchanged);
  } else {
    fmt::print(stderr, "{}tracer: not reloaded; the monitors so far go on\n", result.refusal);
  }
  for (auto& request : requests) request.set_value(result);
}

ReloadResult Reloader::reload() {
  if (std::ranges::find(options_.files, "-") != options_.files.end()) {
    return {{}, "tracer: what came from standard input cannot be read again\n"};
  }
  import::ImportResult imported = import::import_files(options_.files, options_.import);
  if (!imported.ok()) return {{}, import::format_errors(imported)};
  print_import_messages(imported);  // warnings
  if (sched::monitors_for(imported.monitors, options_.location).empty()) {
    return {{}, none_enabled(imported.monitors.size(), options_.location) + '\n'};
  }
  const auto difference = fleet_.reload(std::move(imported.monitors));
  if (!difference) return {{}, "tracer: " + difference.error() + '\n'};
  return {*difference, {}};
}

}  // namespace tracer::cli
