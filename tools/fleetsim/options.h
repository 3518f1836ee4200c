// fleetsim's command line. Used by main alone.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "tools/fleetsim/monitors.h"

namespace tracer::fleetsim {

enum class Mode : std::uint8_t { kList, kEmit, kServe };

struct Options {
  Mode mode = Mode::kServe;
  bool json = false;
  std::uint16_t base_port = 21000;
  int workers = 1;
  int leaves = 0;
  double idle_timeout_s = 60;
  bool until_stdin_closes = false;
  std::string ca_out;
  std::string client_cert_out;
  std::string client_key_out;
  EmitOptions emit;
};

// The options, or the exit status when there is nothing more to do (help, or bad usage explained).
std::variant<Options, int> parse_options(int argc, char** argv);

}  // namespace tracer::fleetsim
