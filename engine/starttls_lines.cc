#include <algorithm>
#include <cctype>

#include "engine/starttls_script.h"

namespace tracer::engine::starttls {
namespace {

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, [](unsigned char a, unsigned char b) {
    return std::tolower(a) == std::tolower(b);
  });
}

// Cuts the next word off `text`; empty at its end.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

bool has_word(std::string_view words, std::string_view wanted) {
  while (!words.empty()) {
    if (const auto word = take_word(words); !word.empty() && equals_ignoring_case(word, wanted)) {
      return true;
    }
  }
  return false;
}

std::string quote(std::string_view line) { return "the server said: " + std::string(line); }

Reading refused(std::string_view line) { return {Verdict::kRefused, 0, quote(line)}; }
Reading garbage(std::string_view line) {
  return {Verdict::kGarbage, 0, "not a reply of this protocol: " + std::string(line)};
}

// A reply has come to its good end: was what it had to list among it?
Reading accepted(const Exchange& exchange, const ReplyState& state) {
  if (!exchange.offer.empty() && !state.offered) {
    return {Verdict::kRefused, 0, "the server does not offer " + std::string(exchange.offer)};
  }
  return {Verdict::kAccepted};
}

using LineReader = Reading (*)(std::string_view line, const Exchange& exchange, ReplyState& state);

// Feeds whole lines, without their ends, to `read_line` until one decides.
Reading read_lines(std::string_view buffer, const Exchange& exchange, ReplyState& state,
                   LineReader read_line) {
  std::size_t consumed = 0;
  while (true) {
    const std::string_view rest = buffer.substr(consumed);
    const std::size_t line_feed = rest.find('\n');
    const std::size_t length = line_feed == std::string_view::npos ? rest.size() : line_feed + 1;
    if (length > kMaxLineBytes) {
      return {Verdict::kGarbage, consumed, "the server sent a line that is too long"};
    }
    std::string_view line = rest.substr(0, length);
    // A binary protocol may never send a line's end: it is known by its first odd byte.
    const bool binary = std::ranges::any_of(line, [](unsigned char character) {
      return character < 0x20 && character != '\t' && character != '\r' && character != '\n';
    });
    if (binary) {
      Reading reading = garbage(line);
      reading.consumed = consumed;
      return reading;
    }
    if (line_feed == std::string_view::npos) return {Verdict::kMore, consumed};
    const std::size_t start = consumed;
    consumed += length;
    line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    Reading reading = read_line(line, exchange, state);
    ++state.lines;
    if (reading.verdict != Verdict::kMore) {
      reading.consumed = consumed;
      reading.start = start;
      return reading;
    }
  }
}

// The code of "220 text", "220-text" or "220"; 0 where the line is no such thing.
int reply_code(std::string_view line) {
  if (line.size() < 3 || (line.size() > 3 && line[3] != ' ' && line[3] != '-')) return 0;
  int code = 0;
  for (const char digit : line.substr(0, 3)) {
    if (digit < '0' || digit > '9') return 0;
    code = code * 10 + (digit - '0');
  }
  return code >= 100 && code < 600 ? code : 0;
}

// Judges the last line of a reply by its code.
Reading judge_code(std::string_view line, const Exchange& exchange, const ReplyState& state) {
  if (has_word(exchange.accepts, line.substr(0, 3))) return accepted(exchange, state);
  return line[0] == '4' || line[0] == '5' ? refused(line) : garbage(line);
}

// RFC 5321, 4.2: every line bears the code; '-' behind it says that another follows.
Reading smtp_line(std::string_view line, const Exchange& exchange, ReplyState& state) {
  const int code = reply_code(line);
  if (code == 0 || (state.code != 0 && code != state.code)) return garbage(line);
  state.code = code;
  // The first line of the reply to EHLO holds the server's name, the others a keyword each.
  if (line.size() > 4 && state.lines > 0) {
    std::string_view keywords = line.substr(4);
    if (!exchange.offer.empty() && equals_ignoring_case(take_word(keywords), exchange.offer)) {
      state.offered = true;
    }
  }
  if (line.size() > 3 && line[3] == '-') return {};
  return judge_code(line, exchange, state);
}

// A line in the body of a listing that "." ends, as in POP3 and NNTP.
Reading listing_line(std::string_view line, const Exchange& exchange, ReplyState& state) {
  if (line == ".") return accepted(exchange, state);
  if (line.starts_with('.')) line.remove_prefix(1);
  if (equals_ignoring_case(take_word(line), exchange.offer)) state.offered = true;
  return {};
}

// RFC 1939 and RFC 2449.
Reading pop3_line(std::string_view line, const Exchange& exchange, ReplyState& state) {
  if (state.listing) return listing_line(line, exchange, state);
  std::string_view rest = line;
  const std::string_view status = take_word(rest);
  if (status == "-ERR") return refused(line);
  if (status != exchange.accepts) return garbage(line);
  state.listing = !exchange.offer.empty();
  return state.listing ? Reading{} : accepted(exchange, state);
}

// RFC 9051: untagged lines at any time, and the tagged one that ends the command.
Reading imap_line(std::string_view line, const Exchange& exchange, ReplyState& state) {
  std::string_view rest = line;
  const std::string_view tag = take_word(rest);
  const std::string_view word = take_word(rest);
  if (tag == "*" && equals_ignoring_case(word, "BYE")) return refused(line);
  if (exchange.accepts == "*") {  // the greeting
    if (tag == "*" && equals_ignoring_case(word, "OK")) return accepted(exchange, state);
    const bool logged_in = tag == "*" && equals_ignoring_case(word, "PREAUTH");
    return logged_in ? refused(line) : garbage(line);
  }
  if (tag == "*" && !word.empty()) {
    if (equals_ignoring_case(word, "CAPABILITY") && has_word(rest, exchange.offer)) {
      state.offered = true;
    }
    return {};
  }
  if (tag != exchange.accepts) return garbage(line);
  if (equals_ignoring_case(word, "OK")) return accepted(exchange, state);
  const bool denied = equals_ignoring_case(word, "NO") || equals_ignoring_case(word, "BAD");
  return denied ? refused(line) : garbage(line);
}

// RFC 3977: replies of one line, and listings behind some of them.
Reading nntp_line(std::string_view line, const Exchange& exchange, ReplyState& state) {
  if (state.listing) return listing_line(line, exchange, state);
  if (reply_code(line) == 0) return garbage(line);
  state.listing = !exchange.offer.empty() && has_word(exchange.accepts, line.substr(0, 3));
  return state.listing ? Reading{} : judge_code(line, exchange, state);
}

// RFC 959, 4.2: between "220-" and "220 " anything may stand.
Reading ftp_line(std::string_view line, const Exchange& exchange, ReplyState& state) {
  const int code = reply_code(line);
  const bool last = code != 0 && !line.substr(3).starts_with('-');
  if (state.code != 0) {
    if (code != state.code || !last) return {};
  } else if (code == 0) {
    return garbage(line);
  } else if (!last) {
    state.code = code;
    return {};
  }
  if (code < 200) {  // "ready in 3 minutes": another reply follows
    state.code = 0;
    return {};
  }
  return judge_code(line, exchange, state);
}

// RFC 5804: quoted capabilities, and a line that begins with OK, NO or BYE at the end.
Reading sieve_line(std::string_view line, const Exchange& exchange, ReplyState& state) {
  const bool literal = state.listing;  // announced by the line before
  state.listing = line.ends_with('}');
  if (literal) return {};
  std::string_view rest = line;
  const std::string_view word = take_word(rest);
  if (word.starts_with('"')) {
    const bool closed = word.size() >= 2 && word.ends_with('"');
    const std::string_view name = closed ? word.substr(1, word.size() - 2) : word;
    if (!exchange.offer.empty() && equals_ignoring_case(name, exchange.offer)) state.offered = true;
    return {};
  }
  if (equals_ignoring_case(word, exchange.accepts)) return accepted(exchange, state);
  const bool denied = equals_ignoring_case(word, "NO") || equals_ignoring_case(word, "BYE");
  return denied ? refused(line) : garbage(line);
}

// Modern IRC: "[@tags ][:source ]COMMAND parameters". Notices may come at any time, and so may a
// PING, without whose PONG some servers say nothing more.
Reading irc_line(std::string_view line, const Exchange& exchange, ReplyState& state) {
  std::string_view rest = line;
  std::string_view command = take_word(rest);
  if (command.starts_with('@')) command = take_word(rest);
  if (command.starts_with(':')) command = take_word(rest);
  if (command == "PING") return {Verdict::kAnswer, 0, "PONG" + std::string(rest) + "\r\n"};
  if (command == "ERROR") return refused(line);
  if (command == "CAP" && exchange.accepts == "CAP") {
    take_word(rest);  // who is meant
    if (take_word(rest) != "LS") return {};
    std::string_view after = rest;
    const bool more = take_word(after) == "*";
    const std::string_view list = more ? after : rest;
    const std::size_t colon = list.find(':');
    if (has_word(list.substr(colon == std::string_view::npos ? 0 : colon + 1), exchange.offer)) {
      state.offered = true;
    }
    return more ? Reading{} : accepted(exchange, state);
  }
  const bool numeric = command.size() == 3 && std::ranges::all_of(command, [](char character) {
                         return character >= '0' && character <= '9';
                       });
  if (numeric && command == exchange.accepts) return accepted(exchange, state);
  if (numeric && (command[0] == '4' || command[0] == '5' || command == "691")) return refused(line);
  const bool word = !command.empty() && std::ranges::all_of(command, [](char character) {
    return (character >= 'A' && character <= 'Z');
  });
  return numeric || word ? Reading{} : garbage(line);
}

}  // namespace

Reading read_smtp(std::string_view buffer, const Exchange& exchange, ReplyState& state) {
  return read_lines(buffer, exchange, state, smtp_line);
}

Reading read_pop3(std::string_view buffer, const Exchange& exchange, ReplyState& state) {
  return read_lines(buffer, exchange, state, pop3_line);
}

Reading read_imap(std::string_view buffer, const Exchange& exchange, ReplyState& state) {
  return read_lines(buffer, exchange, state, imap_line);
}

Reading read_nntp(std::string_view buffer, const Exchange& exchange, ReplyState& state) {
  return read_lines(buffer, exchange, state, nntp_line);
}

Reading read_ftp(std::string_view buffer, const Exchange& exchange, ReplyState& state) {
  return read_lines(buffer, exchange, state, ftp_line);
}

Reading read_sieve(std::string_view buffer, const Exchange& exchange, ReplyState& state) {
  return read_lines(buffer, exchange, state, sieve_line);
}

Reading read_irc(std::string_view buffer, const Exchange& exchange, ReplyState& state) {
  return read_lines(buffer, exchange, state, irc_line);
}

}  // namespace tracer::engine::starttls
