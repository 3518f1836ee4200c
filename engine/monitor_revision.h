// How a set of monitors follows another one that is still in use, so that a run can go over to it
// without stopping. Pure; called by the thread that reloads.
//
// A monitor is what its index says, to every thread that has seen the index. So in the next set
//  1. a monitor that is as before keeps its index;
//  2. one that is new or has changed has an index that nobody knows: a fresh one, or one of those
//     that the caller says are forgotten everywhere;
//  3. one that is gone, or has changed, stays at its old index, readable and `retired`: attempts
//     at it may be under way.
// Hence records that name monitors by index are read alike with either set; and a policy is the
// same object in both, so that what is under way may point into it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/monitor.h"

namespace tracer::engine {

struct MonitorRevision {
  MonitorSet monitors;
  std::vector<std::uint32_t> added;    // ascending; what has changed included
  std::vector<std::uint32_t> removed;  // ascending; what has changed included
  // (removed, added) of those whose id lives on.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> changed;
  std::size_t unchanged = 0;
};

// `fresh` as what follows `earlier`. `forgotten`: retired indices of `earlier` that nothing refers
// to any more; those that are given to new monitors are taken out of it.
MonitorRevision revise(const MonitorSet& earlier, MonitorSet fresh,
                       std::vector<std::uint32_t>& forgotten);

}  // namespace tracer::engine
