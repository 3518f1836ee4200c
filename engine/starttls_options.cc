#include <algorithm>
#include <string>

#include "engine/starttls_script.h"

namespace tracer::engine::starttls {
namespace {

// RFC 854.
constexpr char kSe = '\xf0';
constexpr char kSb = '\xfa';
constexpr char kWill = '\xfb';
constexpr char kWont = '\xfc';
constexpr char kDo = '\xfd';
constexpr char kDont = '\xfe';
constexpr char kIac = '\xff';
constexpr char kStartTls = '\x2e';
constexpr std::string_view kFollows("\xff\xfa\x2e\x01\xff\xf0", 6);

// The JSON text at the front of `text`, a quote at both ends; empty where it does not end.
std::string_view quoted(std::string_view text) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return text.substr(0, at + 1);
    }
  }
  return {};
}

// Whether the object has this key, with the value true. Keys of objects within it are others'.
bool has_true(std::string_view object, std::string_view key) {
  constexpr std::string_view kBlanks = " \t";
  int depth = 0;
  while (!object.empty()) {
    const char character = object.front();
    std::size_t length = 1;
    if (character == '{' || character == '[') ++depth;
    if (character == '}' || character == ']') --depth;
    if (character == '"') {
      const std::string_view text = quoted(object);
      if (text.empty()) return false;
      length = text.size();
      std::string_view rest = object.substr(length);
      rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
      if (depth == 1 && text.substr(1, length - 2) == key && rest.starts_with(':')) {
        rest.remove_prefix(1);
        rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
        return rest.starts_with("true");
      }
    }
    object.remove_prefix(length);
  }
  return false;
}

}  // namespace

// DO START_TLS is answered by SB START_TLS FOLLOWS, and the server's own FOLLOWS is its go-ahead
// (draft-altman-telnet-starttls-02). Every other option is declined, which servers wait for. Text
// around the commands is not looked at; it is for people, and comes before the go-ahead.
Reading read_telnet(std::string_view buffer, const Exchange&, ReplyState& state) {
  std::size_t at = 0;
  while (true) {
    at = std::min(buffer.find(kIac, at), buffer.size());
    const std::string_view command = buffer.substr(at);
    if (command.size() < 2) return {Verdict::kMore, at};
    const char verb = command[1];
    if (verb == kSb) {
      const std::size_t end = command.find(std::string{kIac, kSe});
      if (end == std::string_view::npos) return {Verdict::kMore, at};
      const std::size_t behind = at + end + 2;
      if (command.starts_with(kFollows)) {
        if (!state.offered) {
          return {Verdict::kGarbage, behind, "the server begins TLS before it was agreed on"};
        }
        return {Verdict::kAccepted, behind, {}, at};
      }
      at = behind;
    } else if (verb == kWill || verb == kWont || verb == kDo || verb == kDont) {
      if (command.size() < 3) return {Verdict::kMore, at};
      const char option = command[2];
      at += 3;
      if (option == kStartTls && verb == kDont) {
        return {Verdict::kRefused, at, "the server answered DONT START_TLS", at - 3};
      }
      if (option == kStartTls && verb == kDo) {
        if (state.offered) continue;
        state.offered = true;
        return {Verdict::kAnswer, at, std::string(kFollows)};
      }
      if (verb == kWill) return {Verdict::kAnswer, at, std::string{kIac, kDont, option}};
      if (verb == kDo) return {Verdict::kAnswer, at, std::string{kIac, kWont, option}};
    } else {
      at += 2;
    }
  }
}

// "INFO {…}": where tls_required or tls_available is true, TLS is next.
Reading read_nats(std::string_view buffer, const Exchange&, ReplyState&) {
  constexpr std::string_view kInfo = "INFO ";
  constexpr std::string_view kError = "-ERR";
  const bool may_be_info = buffer.substr(0, kInfo.size()) == kInfo.substr(0, buffer.size());
  const bool may_be_error = buffer.substr(0, kError.size()) == kError.substr(0, buffer.size());
  const std::size_t line_feed = buffer.find('\n');
  std::string_view line = buffer.substr(0, line_feed);
  if (!may_be_info && !may_be_error) {
    return {Verdict::kGarbage, 0, "not a reply of this protocol: " + std::string(line)};
  }
  if (line_feed == std::string_view::npos) return {};
  if (may_be_error) return {Verdict::kRefused, 0, "the server said: " + std::string(line)};
  line.remove_prefix(kInfo.size());
  if (!has_true(line, "tls_required") && !has_true(line, "tls_available")) {
    return {Verdict::kRefused, 0, "the server's INFO has neither tls_required nor tls_available"};
  }
  return {Verdict::kAccepted, line_feed + 1};
}

}  // namespace tracer::engine::starttls
