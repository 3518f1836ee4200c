#include "tools/fleetsim/monitors.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace tracer::fleetsim {
namespace {

constexpr std::size_t kFlushBytes = 1 << 20;
// Long: thousands of handshakes at once keep a small machine busy for seconds.
constexpr int kTimeoutS = 30;

std::string json_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
      case '\\':
        (quoted += '\\') += c;
        break;
      case '\r':
        quoted += "\\r";
        break;
      case '\n':
        quoted += "\\n";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          fmt::format_to(std::back_inserter(quoted), "\\u{:04x}", static_cast<unsigned>(c));
        } else {
          quoted += c;
        }
    }
  }
  return quoted += '"';
}

// The members of a service's monitor after its name and host, and the closing brace. own_timeout:
// no defaults give it one.
std::string monitor_rest(const Service& service, std::uint16_t base_port, std::string_view ca_file,
                         bool own_timeout) {
  const Sample& sample = service.sample;
  std::string rest =
      fmt::format(R"("port":{},"labels":{{"service":{},"expect":{}}})", base_port + service.offset,
                  json_string(service.name), json_string(sample.expect));
  const auto member = [&rest](std::string_view key, std::string_view value) {
    if (!value.empty()) fmt::format_to(std::back_inserter(rest), R"(,"{}":{})", key, value);
  };
  const auto text_member = [&](std::string_view key, std::string_view value) {
    if (!value.empty()) member(key, json_string(value));
  };
  if (sample.tls) {
    std::string tls = fmt::format(R"({{"ca_file":{},"server_name":{})", json_string(ca_file),
                                  json_string(sample.server_name));
    if (!sample.starttls.empty()) tls += R"(,"starttls":)" + json_string(sample.starttls);
    if (!sample.more_tls.empty()) (tls += ',') += sample.more_tls;
    member("tls", tls + '}');
  }
  text_member("send_after_connect", sample.send);
  text_member("expect_response", sample.expect_response);
  const bool short_timeout = sample.timeout_s != 0;
  if (short_timeout || own_timeout) {
    member("timeout", fmt::format("\"{}s\"", short_timeout ? sample.timeout_s : kTimeoutS));
  }
  return rest += '}';
}

std::string monitor(std::string_view name, std::string_view host, std::string_view rest) {
  return fmt::format(R"({{"name":{},"host":"{}",{})", json_string(name), host, rest);
}

struct Choice {
  std::vector<std::string> clear;  // what monitor_rest() made, as often as it is to appear
  std::vector<std::string> secure;
};

tl::expected<Choice, std::string> choose(std::span<const Service> services,
                                         const EmitOptions& options) {
  std::vector<std::string> unknown = options.only;
  std::vector<std::pair<const Service*, int>> wanted;  // and how often
  for (const Service& service : services) {
    const auto named = std::find(unknown.begin(), unknown.end(), service.name);
    if (!options.only.empty() && named == unknown.end()) continue;
    if (named != unknown.end()) unknown.erase(named);
    // A service asked for by name is taken whatever its health.
    const bool once = options.failing_too || !options.only.empty();
    wanted.emplace_back(&service, once ? 1 : service.sample.weight);
  }
  if (!unknown.empty()) {
    return tl::make_unexpected("no service is named " + unknown.front() + "; see --list");
  }
  Choice choice;
  // In rounds, so that few monitors show many services.
  for (bool more = true; std::exchange(more, false);) {
    for (auto& [service, times] : wanted) {
      if (times-- <= 0) continue;
      more = true;
      auto& list = service->sample.tls ? choice.secure : choice.clear;
      list.push_back(monitor_rest(*service, options.base_port, options.ca_file, options.ndjson));
    }
  }
  return choice;
}

void append_address(std::uint64_t index, std::string& out) {
  fmt::format_to(std::back_inserter(out), "127.{}.{}.{}", index / (254 * 254) % 254 + 1,
                 index / 254 % 254 + 1, index % 254 + 1);
}

}  // namespace

tl::expected<void, std::string> emit_monitors(std::span<const Service> services,
                                              const EmitOptions& options, const Writer& write) {
  auto choice = choose(services, options);
  if (!choice) return tl::make_unexpected(choice.error());
  // Services asked for by name decide the share where they are of one kind.
  double share = options.tls_share;
  if (!options.only.empty() && choice->clear.empty()) share = 1;
  if (!options.only.empty() && choice->secure.empty()) share = 0;

  std::string out;
  if (!options.ndjson) {
    out = fmt::format("{{\"defaults\":{{\"timeout\":\"{}s\",\"interval\":\"1m\"}},\"monitors\":[\n",
                      kTimeoutS);
  }
  std::uint64_t secured = 0;
  for (std::uint64_t i = 0; i < options.count; ++i) {
    // Evenly spread: among the first n monitors, n times the share are TLS.
    const bool tls = static_cast<double>(secured) < static_cast<double>(i + 1) * share - 0.5;
    const auto& rests = tls ? choice->secure : choice->clear;
    const std::uint64_t nth = tls ? secured : i - secured;
    if (tls) ++secured;
    fmt::format_to(std::back_inserter(out), "{{\"name\":\"fleet-{:07}\",\"host\":\"", i);
    append_address(i, out);
    out += "\",";
    out += rests[nth % rests.size()];
    out += options.ndjson || i + 1 == options.count ? "\n" : ",\n";
    if (out.size() >= kFlushBytes) {
      if (!write(out)) return tl::make_unexpected(std::string("cannot write the monitors"));
      out.clear();
    }
  }
  if (!options.ndjson) out += "]}\n";
  if (!write(out)) return tl::make_unexpected(std::string("cannot write the monitors"));
  return {};
}

std::string list_text(std::span<const Service> services, std::uint16_t base_port) {
  std::string text = fmt::format("{:<25} {:>5}  {:<29} {}\n", "SERVICE", "PORT", "A PROBER REPORTS",
                                 "WHAT IT DOES");
  for (const Service& service : services) {
    fmt::format_to(std::back_inserter(text), "{:<25} {:>5}  {:<29} {}\n", service.name,
                   base_port + service.offset, service.sample.expect, service.about);
  }
  return text;
}

std::string list_json(std::span<const Service> services, std::uint16_t base_port,
                      std::string_view ca_file) {
  std::string text = fmt::format("{{\"base_port\":{},\"services\":[", base_port);
  const char* separator = "\n";
  for (const Service& service : services) {
    fmt::format_to(
        std::back_inserter(text),
        R"({}{{"name":{},"port":{},"about":{},"tls":{},"expect":{},"monitor":{}}})", separator,
        json_string(service.name), base_port + service.offset, json_string(service.about),
        service.sample.tls, json_string(service.sample.expect),
        monitor(service.name, "127.0.0.1", monitor_rest(service, base_port, ca_file, true)));
    separator = ",\n";
  }
  return text += "\n]}\n";
}

}  // namespace tracer::fleetsim
