// A sample in which every number is another one, for the tests of what shows or carries samples.
#pragma once

#include "tools/tracer/control/run_sample.h"
#include "tools/tracer/control/sample_fields.h"

namespace tracer::cli::samples {

inline RunSample distinct_sample() {
  RunSample sample;
  sample.version = "1.2.3";
  int next = 1000;
  for_each_number(sample, [&next](auto, auto, auto& field) {
    field = static_cast<std::remove_reference_t<decltype(field)>>(++next);
  });
  sample.run.evaluated
      .by_failure[static_cast<std::size_t>(engine::FailureCode::kConnectionRefused)] = 17;
  sched::Histogram lateness;
  for (int i = 0; i < 99; ++i) lateness.record(1'000'000);
  lateness.record(70'000'000);
  lateness.add_to(sample.run.lateness);
  return sample;
}

}  // namespace tracer::cli::samples
