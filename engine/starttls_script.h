// The preambles of STARTTLS protocols as data: each is a list of exchanges, and an exchange is what
// the client says and how the answer is read. The readers are pure functions of the bytes that
// arrived. Internal to starttls*.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/starttls.h"
#include "engine/starttls_protocol.h"

namespace tracer::engine::starttls {

enum class Verdict : std::uint8_t {
  kMore,      // the reply is not complete
  kAccepted,  // go on to the next exchange, or to TLS after the last
  kRefused,
  kGarbage,
  kAnswer,  // send `text` and read on in this exchange
};

struct Reading {
  Verdict verdict = Verdict::kMore;
  std::size_t consumed = 0;  // of the buffer, whatever the verdict
  std::string text;
  std::size_t start = 0;  // of what decided, in the buffer
};

using Reader = Reading (*)(std::string_view buffer, const Exchange& exchange, ReplyState& state);

struct Exchange {
  std::string_view command;  // empty: the server speaks first; "{host}" stands for the host
  std::string_view name;     // of what is awaited, for people
  Reader reader;             // nullptr: there is no reply, TLS follows the command
  std::string_view accepts;  // the codes or words that grant it, separated by spaces
  std::string_view offer;    // what the reply must list; empty: nothing
  bool unsolicited = false;  // the server may speak between replies
};

// Empty for a protocol without a script.
std::span<const Exchange> script(StarttlsProtocol protocol);

// Replies in lines. One source file: starttls_lines.cc.
Reading read_smtp(std::string_view buffer, const Exchange& exchange, ReplyState& state);
Reading read_pop3(std::string_view buffer, const Exchange& exchange, ReplyState& state);
Reading read_imap(std::string_view buffer, const Exchange& exchange, ReplyState& state);
Reading read_nntp(std::string_view buffer, const Exchange& exchange, ReplyState& state);
Reading read_ftp(std::string_view buffer, const Exchange& exchange, ReplyState& state);
Reading read_sieve(std::string_view buffer, const Exchange& exchange, ReplyState& state);
Reading read_irc(std::string_view buffer, const Exchange& exchange, ReplyState& state);

// Replies in packets. One source file: starttls_packets.cc.
Reading read_postgres(std::string_view buffer, const Exchange& exchange, ReplyState& state);
Reading read_mysql(std::string_view buffer, const Exchange& exchange, ReplyState& state);
Reading read_ldap(std::string_view buffer, const Exchange& exchange, ReplyState& state);
Reading read_mssql(std::string_view buffer, const Exchange& exchange, ReplyState& state);
Reading read_rdp(std::string_view buffer, const Exchange& exchange, ReplyState& state);

// Replies in XML. One source file: starttls_xmpp.cc.
Reading read_xmpp(std::string_view buffer, const Exchange& exchange, ReplyState& state);

// Telnet's commands within text, and the line of JSON that NATS greets with. One source file:
// starttls_options.cc.
Reading read_telnet(std::string_view buffer, const Exchange& exchange, ReplyState& state);
Reading read_nats(std::string_view buffer, const Exchange& exchange, ReplyState& state);

// Text from a server as it may be shown: printable ASCII, '?' for the rest, bounded.
std::string printable(std::string_view text);

}  // namespace tracer::engine::starttls
