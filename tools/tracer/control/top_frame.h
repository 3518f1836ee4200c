// What `tracer top` shows of a run, as text for a terminal of some size. Pure; any thread.
#pragma once

#include <deque>
#include <string>

#include "tools/tracer/control/run_sample.h"
#include "tools/tracer/sinks/presentation.h"

namespace tracer::cli {

struct TopView {
  RunSample earlier;  // the figures are those since then; empty: since the run began
  RunSample now;
  std::deque<double> rates = {};  // checks per second of the samples so far, oldest first
  std::string trouble;            // why `now` is not from now; empty: it is
};

// Lines, each ended by '\n', within presentation.columns (80 where there is no limit), and at most
// `rows` of them (0: no limit): what matters most comes first.
std::string top_frame(const TopView& view, const Presentation& presentation, int rows);

}  // namespace tracer::cli
