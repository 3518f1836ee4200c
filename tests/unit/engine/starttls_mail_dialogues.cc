#include "tests/unit/engine/starttls_dialogues.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace tracer::engine {
namespace {

using Kind = StarttlsDialogue::Step::Kind;
using std::string_literals::operator""s;

const std::string kEhlo = "EHLO tracer.invalid\r\n";
const std::string kGreeting = "220 mail.example ESMTP\r\n";
const std::string kOffer = "250-mail.example\r\n250-PIPELINING\r\n250-starttls\r\n250 8BITMIME\r\n";

std::vector<Dialogue> smtp_dialogues() {
  const auto smtp = StarttlsProtocol::kSmtp;
  const std::vector<std::string> all = {kEhlo, "STARTTLS\r\n"};
  const std::vector<std::string> hello = {kEhlo};
  return {
      {"SmtpReady", smtp, {kGreeting, kOffer, "220 2.0.0 go ahead\r\n"}, all, Kind::kReady, ""},
      {"SmtpReadyWithBareLineFeeds",
       smtp,
       {"220 x\n", "250-x\n250 STARTTLS\n", "220\n"},
       all,
       Kind::kReady,
       ""},
      {"SmtpGreetingOfSeveralLines",
       smtp,
       {"220-mail.example\r\n220-no spam\r\n220 please\r\n", kOffer, "220-go\r\n220 ahead\r\n"},
       all,
       Kind::kReady,
       ""},
      {"SmtpBusy",
       smtp,
       {"421 4.3.2 too many connections\r\n"},
       {},
       Kind::kRefused,
       "421 4.3.2 too many connections"},
      {"SmtpGreetsWithRejection", smtp, {"554-go\r\n554 away\r\n"}, {}, Kind::kRefused, "554 away"},
      {"SmtpEhloUnknown", smtp, {kGreeting, "502 what?\r\n"}, hello, Kind::kRefused, "502 what?"},
      {"SmtpNoOffer",
       smtp,
       {kGreeting, "250-STARTTLS\r\n250-STARTTLSX\r\n250 HELP STARTTLS\r\n"},
       hello,
       Kind::kRefused,
       "does not offer STARTTLS"},
      {"SmtpNotNow",
       smtp,
       {kGreeting, kOffer, "454 4.7.0 no\a entropy\xc3\xa9\r\n"},
       all,
       Kind::kProtocolError,
       "454 4.7.0 no?"},
      {"SmtpRefused",
       smtp,
       {kGreeting, kOffer, "501 5.5.1 \xe9 no\r\n"},
       all,
       Kind::kRefused,
       "501 5.5.1 ? no"},
      {"SmtpOddConsent",
       smtp,
       {kGreeting, kOffer, "250 fine\r\n"},
       all,
       Kind::kProtocolError,
       "250 fine"},
      {"SmtpCodesDiffer",
       smtp,
       {kGreeting, "250-a\r\n220 STARTTLS\r\n"},
       hello,
       Kind::kProtocolError,
       "220 STARTTLS"},
      {"SmtpNotSmtp", smtp, {"SSH-2.0-OpenSSH_9.2\r\n"}, {}, Kind::kProtocolError, "SSH-2.0"},
      {"SmtpBadSeparator", smtp, {"220_x\r\n"}, {}, Kind::kProtocolError, "220_x"},
      {"SmtpEmptyLine", smtp, {"\r\n"}, {}, Kind::kProtocolError, "not a reply"},
      {"SmtpBinary", smtp, {"\x16\x03\x01"}, {}, Kind::kProtocolError, "not a reply"},
      {"SmtpNul", smtp, {"220 x\0y"s}, {}, Kind::kProtocolError, "220 x?"},
      {"SmtpLineTooLong",
       smtp,
       {"220 " + std::string(2100, 'x')},
       {},
       Kind::kProtocolError,
       "too long"},
      {"SmtpNeverEnds",
       smtp,
       {kGreeting,
        [] {
          std::string reply;
          while (reply.size() <= starttls::kMaxDialogueBytes) reply += "250-X\r\n";
          return reply;
        }()},
       hello,
       Kind::kProtocolError,
       "without end"},
      {"EarlySmtpInjection",
       smtp,
       {kGreeting, kOffer, "220 go\r\nMAIL FROM:<x>\r\n"},
       all,
       Kind::kProtocolError,
       "clear text follows"},
      {"EarlySmtpInjectedByte",
       smtp,
       {kGreeting, kOffer, "220 go\r\n\x16"},
       all,
       Kind::kProtocolError,
       "clear text follows"},
      {"EarlySmtpReply", smtp, {kGreeting + kOffer}, {}, Kind::kProtocolError, "more than it was"},
      {"EarlySmtpConsent",
       smtp,
       {kGreeting, kOffer + "220 go\r\n"},
       hello,
       Kind::kProtocolError,
       "more than it was"},
      {"LmtpReady",
       StarttlsProtocol::kLmtp,
       {kGreeting, kOffer, "220 go\r\n"},
       {"LHLO tracer.invalid\r\n", "STARTTLS\r\n"},
       Kind::kReady,
       ""},
      {"LmtpNoOffer",
       StarttlsProtocol::kLmtp,
       {kGreeting, "250 x\r\n"},
       {"LHLO tracer.invalid\r\n"},
       Kind::kRefused,
       "does not offer"},
  };
}

std::vector<Dialogue> pop3_dialogues() {
  const auto pop3 = StarttlsProtocol::kPop3;
  const std::vector<std::string> all = {"CAPA\r\n", "STLS\r\n"};
  const std::vector<std::string> capa = {"CAPA\r\n"};
  return {
      {"Pop3Ready",
       pop3,
       {"+OK ready\r\n", "+OK\r\nUSER\r\nSTLS\r\n.\r\n", "+OK begin\r\n"},
       all,
       Kind::kReady,
       ""},
      {"Pop3StuffedListing",
       pop3,
       {"+OK\r\n", "+OK list\r\n..\r\n.stls\r\n.\r\n", "+OK\r\n"},
       all,
       Kind::kReady,
       ""},
      {"Pop3NoOffer",
       pop3,
       {"+OK ready\r\n", "+OK\r\nSTLSX\r\nSASL STLS\r\n.\r\n"},
       capa,
       Kind::kRefused,
       "does not offer STLS"},
      {"Pop3CapaUnknown",
       pop3,
       {"+OK ready\r\n", "-ERR unknown command\r\n"},
       capa,
       Kind::kRefused,
       "-ERR unknown command"},
      {"Pop3Busy", pop3, {"-ERR [SYS/TEMP] busy\r\n"}, {}, Kind::kRefused, "busy"},
      {"Pop3Refused",
       pop3,
       {"+OK\r\n", "+OK\r\nSTLS\r\n.\r\n", "-ERR no TLS\r\n"},
       all,
       Kind::kRefused,
       "-ERR no TLS"},
      {"Pop3NotPop3", pop3, {"* OK IMAP\r\n"}, {}, Kind::kProtocolError, "* OK IMAP"},
      {"Pop3AlmostOk", pop3, {"+OKAY\r\n"}, {}, Kind::kProtocolError, "+OKAY"},
      {"EarlyPop3Injection",
       pop3,
       {"+OK\r\n", "+OK\r\nSTLS\r\n.\r\n", "+OK\r\n+OK\r\n"},
       all,
       Kind::kProtocolError,
       "clear text follows"},
  };
}

std::vector<Dialogue> imap_dialogues() {
  const auto imap = StarttlsProtocol::kImap;
  const std::vector<std::string> all = {"a1 CAPABILITY\r\n", "a2 STARTTLS\r\n"};
  const std::vector<std::string> ask = {"a1 CAPABILITY\r\n"};
  const std::string offer = "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na1 OK done\r\n";
  return {
      {"ImapReady",
       imap,
       {"* OK [CAPABILITY IMAP4rev1] hi\r\n", offer, "a2 OK begin\r\n"},
       all,
       Kind::kReady,
       ""},
      {"ImapUntaggedBetween",
       imap,
       {"* OK hi\r\n", "* OK still here\r\n" + offer, "* NO warning\r\na2 ok\r\n"},
       all,
       Kind::kReady,
       ""},
      {"ImapNoOffer",
       imap,
       {"* OK STARTTLS\r\n", "* CAPABILITY XSTARTTLS\r\na1 OK\r\n"},
       ask,
       Kind::kRefused,
       "does not offer STARTTLS"},
      {"ImapLoggedIn", imap, {"* PREAUTH welcome\r\n"}, {}, Kind::kRefused, "PREAUTH"},
      {"ImapBye", imap, {"* BYE overloaded\r\n"}, {}, Kind::kRefused, "overloaded"},
      {"ImapByeLater", imap, {"* OK\r\n", "* BYE idle\r\n"}, ask, Kind::kRefused, "idle"},
      {"ImapNo", imap, {"* OK\r\n", offer, "a2 NO not now\r\n"}, all, Kind::kRefused, "not now"},
      {"ImapBad", imap, {"* OK\r\n", offer, "a2 BAD what\r\n"}, all, Kind::kRefused, "a2 BAD what"},
      {"ImapOtherTag", imap, {"* OK\r\n", "a9 OK\r\n"}, ask, Kind::kProtocolError, "a9 OK"},
      {"ImapNotImap", imap, {"220 smtp\r\n"}, {}, Kind::kProtocolError, "220 smtp"},
      {"EarlyImapUntaggedIsAllowed",
       imap,
       {"* OK\r\n* OK news\r\n", offer, "a2 OK\r\n"},
       all,
       Kind::kReady,
       ""},
      {"EarlyImapConsent",
       imap,
       {"* OK\r\n", offer + "a2 OK begin\r\n", "a2 OK begin\r\n"},
       all,
       Kind::kProtocolError,
       "before it was asked"},
      {"EarlyImapHalfConsent",
       imap,
       {"* OK\r\n", offer + "a2 O", "K\r\n"},
       all,
       Kind::kProtocolError,
       "before it was asked"},
      {"EarlyImapInjection",
       imap,
       {"* OK\r\n", offer, "a2 OK\r\n* CAPABILITY X\r\n"},
       all,
       Kind::kProtocolError,
       "clear text follows"},
  };
}

std::vector<Dialogue> sieve_dialogues() {
  const auto sieve = StarttlsProtocol::kSieve;
  const std::vector<std::string> ask = {"STARTTLS\r\n"};
  const std::string offer = "\"IMPLEMENTATION\" \"x\"\r\n\"SASL\" \"\"\r\n\"StartTLS\"\r\nOK\r\n";
  return {
      {"SieveReady", sieve, {offer, "OK \"go\"\r\n"}, ask, Kind::kReady, ""},
      {"SieveLiteral",
       sieve,
       {"\"SIEVE\" {4}\r\nNO x\r\n" + offer, "ok\r\n"},
       ask,
       Kind::kReady,
       ""},
      {"SieveNoOffer",
       sieve,
       {"\"SASL\" \"STARTTLS\"\r\nOK\r\n"},
       {},
       Kind::kRefused,
       "does not offer STARTTLS"},
      {"SieveNo", sieve, {offer, "NO \"later\"\r\n"}, ask, Kind::kRefused, "NO \"later\""},
      {"SieveBye", sieve, {"BYE \"full\"\r\n"}, {}, Kind::kRefused, "full"},
      {"SieveNotSieve", sieve, {"220 ftp\r\n"}, {}, Kind::kProtocolError, "220 ftp"},
      {"EarlySieveInjection",
       sieve,
       {offer, "OK\r\n\"SASL\" \"PLAIN\"\r\n"},
       ask,
       Kind::kProtocolError,
       "clear text follows"},
  };
}

}  // namespace

std::vector<Dialogue> mail_dialogues() {
  std::vector<Dialogue> all;
  for (auto family : {smtp_dialogues(), pop3_dialogues(), imap_dialogues(), sieve_dialogues()}) {
    std::ranges::move(family, std::back_inserter(all));
  }
  return all;
}

void PrintTo(const Dialogue& dialogue, std::ostream* out) { *out << dialogue.name; }

}  // namespace tracer::engine
