// The least that reading a document of monitors costs: simdjson's own iteration, touching every
// value.

#include <simdjson.h>

#include <string>
#include <string_view>

#include "bench/floor/floor.h"

namespace tracer::bench {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t kBatchBytes = std::size_t{1}
                                    << 20;  // of lines that the parser indexes at once

// What is added up here, of every key and value, so that each is made.
using Sum = std::uint64_t;

void touch_object(ondemand::object object, Sum& sum);

void touch(ondemand::value value, Sum& sum) {
  switch (ondemand::json_type(value.type())) {
    case ondemand::json_type::object:
      touch_object(value.get_object(), sum);
      return;
    case ondemand::json_type::array:
      for (auto element : value.get_array()) touch(element.value(), sum);
      return;
    case ondemand::json_type::string:
      sum += std::string_view(value.get_string()).size();
      return;
    case ondemand::json_type::number:
      sum += static_cast<Sum>(static_cast<double>(value.get_double()));
      return;
    case ondemand::json_type::boolean:
      sum += static_cast<bool>(value.get_bool()) ? 1 : 0;
      return;
    case ondemand::json_type::null:
      sum += static_cast<bool>(value.is_null()) ? 1 : 0;
      return;
  }
}

void touch_object(ondemand::object object, Sum& sum) {
  for (auto field : object) {
    sum += std::string_view(field.unescaped_key()).size();
    touch(field.value(), sum);
  }
}

std::uint64_t touch_elements(ondemand::array monitors, Sum& sum) {
  std::uint64_t count = 0;
  for (auto monitor : monitors) {
    touch(monitor.value(), sum);
    ++count;
  }
  return count;
}

// These return how many monitors there are.
std::uint64_t touch_lines(ondemand::parser& parser, const simdjson::padded_string& text, Sum& sum) {
  std::uint64_t count = 0;
  ondemand::document_stream lines = parser.iterate_many(text, kBatchBytes);
  for (auto line : lines) {
    touch_object(line.get_object(), sum);
    ++count;
  }
  return count;
}

std::uint64_t touch_document(ondemand::parser& parser, const simdjson::padded_string& text,
                             Sum& sum) {
  ondemand::document document = parser.iterate(text);
  if (document.type() == ondemand::json_type::array) {
    return touch_elements(document.get_array(), sum);
  }
  std::uint64_t count = 0;
  for (auto field : document.get_object()) {
    const std::string_view key = field.unescaped_key();
    if (key == "monitors") {
      count += touch_elements(field.value().get_array(), sum);
    } else {
      sum += key.size();
      touch(field.value(), sum);
    }
  }
  return count;
}

int run(const Options& options) {
  const std::string file = options.text("file");
  const bool lines = file.ends_with(".ndjson");
  const Cost begin = Cost::now();
  const simdjson::padded_string text = simdjson::padded_string::load(file);
  const Cost read = Cost::now().since(begin);

  ondemand::parser parser;
#ifdef SIMDJSON_THREADS_ENABLED
  parser.threaded = false;
#endif
  Sum sum = 0;
  std::uint64_t monitors = 0;
  const auto passes = [&](std::uint64_t count) {
    monitors = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      monitors += lines ? touch_lines(parser, text, sum) : touch_document(parser, text, sum);
    }
  };
  passes(options.number("warm", 0));
  const Cost start = Cost::now();
  passes(options.number("count", 1));
  const Cost cost = Cost::now().since(start);
  return report({"json_floor", monitors, monitors, 1, cost},
                "\"bytes\": " + std::to_string(text.size()) +
                    ", \"read_user_s\": " + std::to_string(read.user_s) + ", \"read_system_s\": " +
                    std::to_string(read.system_s) + ", \"touched\": " + std::to_string(sum));
}

}  // namespace
}  // namespace tracer::bench

int main(int argc, char** argv) {
  using namespace tracer::bench;
  try {
    return run(Options(argc, argv, {"file", "count", "warm"}));
  } catch (const simdjson::simdjson_error& error) {
    fail(std::string("the document: ") + error.what());
  }
}
