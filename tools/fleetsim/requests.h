// Cuts what a client sends into requests and finds the replies: the part of a dialogue that needs
// no socket. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "tools/fleetsim/service.h"

namespace tracer::fleetsim {

inline constexpr std::size_t kMaxRequestBytes = 4096;

struct Answer {
  Act act = Act::kContinue;
  bool garbage = false;  // longer than a request may be, or bytes beyond an Act::kStartTls
};

// What is sent before the client has said anything.
std::string greeting_of(const Dialogue& dialogue);

// Feeds `bytes` to the dialogue: replies are appended to `output`, an unfinished request stays in
// `unfinished` for the next call. Stops at the first reply whose act is not kContinue; what came
// after that is dropped.
Answer answer(const Dialogue& dialogue, std::string_view bytes, std::string& unfinished,
              std::string& output);

}  // namespace tracer::fleetsim
