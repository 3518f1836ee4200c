#include "tools/tracer/reloader.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <utility>

#include "tools/tracer/import_report.h"

namespace tracer::cli {
namespace {

constexpr int kNiceness = 10;

ReloadResult refusal(const std::string& lines) {
  std::vector<std::string> errors;
  std::istringstream text(lines);
  for (std::string line; std::getline(text, line);) errors.push_back(line);
  return tl::unexpected(std::move(errors));
}

}  // namespace

Reloader::Reloader(Options options, sched::Fleet& fleet)
    : options_(std::move(options)), fleet_(fleet) {
  follow_files();
  thread_ = std::thread([this] { serve(); });
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
    const std::set<std::string> changed = watch_.wait();
    bool documents = std::ranges::any_of(
        options_.files, [&](const std::string& file) { return changed.contains(file); });
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) break;
      documents |= !requests_.empty();
    }
    if (documents) {
      answer_requests();
    } else if (!changed.empty()) {
      renew_certificates();
    }
  }
  for (auto& request : requests_) request.set_value(refusal("the run is ending"));
}

void Reloader::follow_files() {
  std::set<std::string> files;
  if (options_.watch_certificates) files = fleet_.certificate_files();
  if (options_.watch) files.insert(options_.files.begin(), options_.files.end());
  const std::string trouble_before = watch_.trouble();
  watch_.follow(files);
  if (!watch_.trouble().empty() && watch_.trouble() != trouble_before) {
    fmt::print(stderr, "tracer: {}\n", watch_.trouble());
  }
}

void Reloader::answer_requests() {
  std::vector<std::promise<ReloadResult>> requests;
  {
    const std::lock_guard lock(mutex_);
    requests.swap(requests_);
  }
  const ReloadResult result = reload();
  if (result) {
    follow_files();
    fmt::print(stderr, "tracer: reloaded: {} added, {} removed, {} changed, {} unchanged\n",
               result->added, result->removed, result->changed, result->unchanged);
  } else {
    for (const std::string& line : result.error()) fmt::print(stderr, "{}\n", line);
    fmt::print(stderr, "tracer: not reloaded; the monitors so far go on\n");
  }
  for (auto& request : requests) request.set_value(result);
}

ReloadResult Reloader::reload() {
  if (std::ranges::find(options_.files, "-") != options_.files.end()) {
    return refusal("tracer: what came from standard input cannot be read again");
  }
  import::ImportResult imported = import::import_files(options_.files, options_.import);
  if (!imported.ok()) return refusal(import::format_errors(imported));
  print_import_messages(imported);  // warnings
  if (sched::monitors_for(imported.monitors, options_.location).empty()) {
    return refusal(none_enabled(imported.monitors.size(), options_.location));
  }
  const auto difference = fleet_.reload(std::move(imported.monitors));
  if (!difference) return refusal("tracer: " + difference.error());
  return *difference;
}

void Reloader::renew_certificates() {
  if (const auto renewed = fleet_.renew_certificates(); renewed) {
    fmt::print(stderr, "tracer: certificates read again\n");
  } else {
    fmt::print(stderr, "tracer: {}; the certificates so far go on\n", renewed.error());
  }
}

}  // namespace tracer::cli
