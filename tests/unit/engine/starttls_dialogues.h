// What servers may say in each STARTTLS dialogue, and what must come of it.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "engine/starttls.h"

namespace tracer::engine {

// A server's turns, each sent once the client has fallen silent.
struct Dialogue {
  const char* name;  // beginning with Early: something comes in one piece with what is due
  StarttlsProtocol protocol;
  std::vector<std::string> turns;
  std::vector<std::string> commands;  // the client's, in order
  StarttlsDialogue::Step::Kind end;
  std::string detail;  // a part of it
};

// What GoogleTest shows of one.
void PrintTo(const Dialogue& dialogue, std::ostream* out);

std::vector<Dialogue> mail_dialogues();    // SMTP, LMTP, POP3, IMAP, Sieve
std::vector<Dialogue> other_dialogues();   // in lines or XML: NNTP, FTP, IRC, XMPP
std::vector<Dialogue> packet_dialogues();  // PostgreSQL, LDAP, MySQL
std::vector<Dialogue> option_dialogues();  // SQL Server, RDP, telnet, NATS

}  // namespace tracer::engine
