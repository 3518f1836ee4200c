// What is said over a control socket: one JSON object a line, each way. docs/control.md is the
// reference. Pure; any thread.
//
// What is read comes from strangers: it is bounded by whoever reads the line, and anything that is
// not exactly as expected is an error in one sentence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "sched/fleet.h"
#include "tools/tracer/control/run_sample.h"

namespace tracer::cli {

enum class Request : std::uint8_t { kSnapshot, kReload };

// The errors say what is wrong with the documents, each with its place: the old set goes on.
using ReloadResult = tl::expected<sched::Difference, std::vector<std::string>>;

// All of these are lines without their ends.
std::string request_line(Request request);
tl::expected<Request, std::string> read_request(std::string_view line);

std::string snapshot_line(const RunSample& sample);
std::string reload_line(const ReloadResult& result);
std::string error_line(std::string_view error);  // of a request that was not carried out

// The outer error is that of error_line(), or says that the line makes no sense.
tl::expected<RunSample, std::string> read_snapshot(std::string_view line);
tl::expected<ReloadResult, std::string> read_reload(std::string_view line);

}  // namespace tracer::cli
