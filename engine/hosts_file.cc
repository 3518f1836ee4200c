#include "engine/hosts_file.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

namespace tracer::engine {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& character : result) {
    if (character >= 'A' && character <= 'Z') character = static_cast<char>(character + 32);
  }
  return result;
}

bool is_localhost(std::string_view name) {
  return name == "localhost" || name.ends_with(".localhost");
}

}  // namespace

HostsFile HostsFile::parse(std::string_view text) {
  HostsFile hosts;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    line = line.substr(0, line.find('#'));
    const auto address = IpAddress::parse(take_word(line));
    if (!address) continue;
    for (auto name = take_word(line); !name.empty(); name = take_word(line)) {
      if (name.ends_with('.')) name.remove_suffix(1);
      auto& addresses = hosts.addresses_[lower(name)];
      if (std::ranges::find(addresses, *address) == addresses.end()) addresses.push_back(*address);
    }
  }
  return hosts;
}

HostsFile HostsFile::read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return parse(text.view());
}

std::vector<IpAddress> HostsFile::find(std::string_view name, IpFamily family) const {
  const auto wanted = [family](const IpAddress& address) {
    return family == IpFamily::kAny || address.family == static_cast<int>(family);
  };
  std::vector<IpAddress> addresses;
  if (const auto found = addresses_.find(name); found != addresses_.end()) {
    std::ranges::copy_if(found->second, std::back_inserter(addresses), wanted);
  }
  if (addresses.empty() && is_localhost(name)) {
    for (const std::string_view loopback : {"127.0.0.1", "::1"}) {
      if (const auto address = IpAddress::parse(loopback); address && wanted(*address)) {
        addresses.push_back(*address);
      }
    }
  }
  return addresses;
}

}  // namespace tracer::engine
