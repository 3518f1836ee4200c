#include "tests/unit/engine/starttls_dialogues.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace tracer::engine {
namespace {

using Kind = StarttlsDialogue::Step::Kind;
using std::string_literals::operator""s;

std::vector<Dialogue> nntp_dialogues() {
  const auto nntp = StarttlsProtocol::kNntp;
  const std::vector<std::string> all = {"CAPABILITIES\r\n", "STARTTLS\r\n"};
  const std::vector<std::string> list = {"CAPABILITIES\r\n"};
  const std::string offer = "101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n";
  return {
      {"NntpReady", nntp, {"201 hi\r\n", offer, "382 go\r\n"}, all, Kind::kReady, ""},
      {"NntpNoOffer",
       nntp,
       {"200 hi\r\n", "101 list\r\nVERSION 2\r\n.\r\n"},
       list,
       Kind::kRefused,
       "does not offer STARTTLS"},
      {"NntpOld", nntp, {"200 hi\r\n", "500 what\r\n"}, list, Kind::kRefused, "500 what"},
      {"NntpRefused", nntp, {"200 hi\r\n", offer, "580 cannot\r\n"}, all, Kind::kRefused, "580"},
      {"NntpNotNntp", nntp, {"+OK\r\n"}, {}, Kind::kProtocolError, "+OK"},
  };
}

std::vector<Dialogue> ftp_dialogues() {
  const auto ftp = StarttlsProtocol::kFtp;
  const std::vector<std::string> ask = {"AUTH TLS\r\n"};
  return {
      {"FtpReady", ftp, {"220 hi\r\n", "234 go\r\n"}, ask, Kind::kReady, ""},
      {"FtpLongGreeting",
       ftp,
       {"220-Welcome\r\n\r\n 220 no\r\n221 no\r\n220-no\r\n220 yes\r\n", "234-x\r\n234 go\r\n"},
       ask,
       Kind::kReady,
       ""},
      {"FtpReadySoon",
       ftp,
       {"120 in 3 minutes\r\n220 now\r\n", "234 go\r\n"},
       ask,
       Kind::kReady,
       ""},
      {"FtpRefused", ftp, {"220 hi\r\n", "530 Please login\r\n"}, ask, Kind::kRefused, "530"},
      {"FtpFull", ftp, {"421 full\r\n"}, {}, Kind::kRefused, "421 full"},
      {"FtpOdd", ftp, {"220 hi\r\n", "331 password\r\n"}, ask, Kind::kProtocolError, "331"},
      {"FtpNotFtp", ftp, {"hello\r\n"}, {}, Kind::kProtocolError, "hello"},
      {"EarlyFtpInjection",
       ftp,
       {"220 hi\r\n", "234 go\r\n230 in\r\n"},
       ask,
       Kind::kProtocolError,
       "clear text follows"},
  };
}

std::vector<Dialogue> irc_dialogues() {
  const auto irc = StarttlsProtocol::kIrc;
  const std::vector<std::string> ask = {"CAP LS 302\r\n"};
  const std::vector<std::string> all = {"CAP LS 302\r\n", "STARTTLS\r\n"};
  const std::string offer = ":irc.example CAP * LS :sasl tls\r\n";
  return {
      {"IrcReady", irc, {offer, ":irc.example 670 * :go\r\n"}, all, Kind::kReady, ""},
      {"IrcNoticesAndTwoLists",
       irc,
       {"NOTICE AUTH :*** Looking up\r\n:x 020 * :wait\r\n@t=1 :x CAP * LS * :tls\r\n"
        ":x CAP * LS :sasl=PLAIN\r\n",
        ":x NOTICE * :hi\r\n:x 670 * :go\r\n"},
       all,
       Kind::kReady,
       ""},
      {"IrcPing",
       irc,
       {"PING :42\r\n", offer, ":x 670 * :go\r\n"},
       {"CAP LS 302\r\n", "PONG :42\r\n", "STARTTLS\r\n"},
       Kind::kReady,
       ""},
      {"IrcNoOffer",
       irc,
       {":x CAP * LS :sasl sts=port=6697,tls\r\n"},
       ask,
       Kind::kRefused,
       "does not offer tls"},
      {"IrcOld", irc, {":x 421 * CAP :Unknown command\r\n"}, ask, Kind::kRefused, "421"},
      {"IrcFailed", irc, {offer, ":x 691 * :STARTTLS failed\r\n"}, all, Kind::kRefused, "691"},
      {"IrcClosed", irc, {"ERROR :Closing Link: throttled\r\n"}, ask, Kind::kRefused, "throttled"},
      {"IrcNotIrc", irc, {"HTTP/1.1 400 Bad Request\r\n"}, ask, Kind::kProtocolError, "HTTP/1.1"},
      {"EarlyIrcPingBeforeConsent",
       irc,
       {offer, "PING :1\r\n:x 670 * :go\r\n"},
       {"CAP LS 302\r\n", "STARTTLS\r\n", "PONG :1\r\n"},
       Kind::kReady,
       ""},
      {"EarlyIrcPingBeforeOffer",
       irc,
       {"PING :1\r\n" + offer, ":x 670 * :go\r\n"},
       {"CAP LS 302\r\n", "PONG :1\r\nSTARTTLS\r\n"},
       Kind::kReady,
       ""},
      {"EarlyIrcConsent",
       irc,
       {offer + ":x 670 * :go\r\n", ":x 670 * :go\r\n"},
       all,
       Kind::kProtocolError,
       "before it was asked"},
      {"EarlyIrcInjection",
       irc,
       {offer, ":x 670 * :go\r\n:x NOTICE * :x\r\n"},
       all,
       Kind::kProtocolError,
       "clear text follows"},
  };
}

std::vector<Dialogue> xmpp_dialogues() {
  const auto xmpp = StarttlsProtocol::kXmpp;
  const auto open = [](const std::string& space) {
    return "<?xml version='1.0'?><stream:stream to='mail.example' xmlns='jabber:" + space +
           "' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";
  };
  const std::string ask = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
  const std::string head = "<?xml version='1.0'?>\n<stream:stream id=\"a>b\" version='1.0'>";
  const std::string offer =
      head +
      "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/>"
      "</starttls><mechanisms><mechanism>X</mechanism></mechanisms></stream:features>";
  const std::vector<std::string> all = {open("client"), ask};
  const std::vector<std::string> first = {open("client")};
  return {
      {"XmppReady",
       xmpp,
       {offer, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"},
       all,
       Kind::kReady,
       ""},
      {"XmppLongProceed", xmpp, {offer, "<proceed xmlns='x'></proceed>"}, all, Kind::kReady, ""},
      {"XmppServerReady",
       StarttlsProtocol::kXmppServer,
       {offer, "<proceed/>"},
       {open("server"), ask},
       Kind::kReady,
       ""},
      {"XmppNoOffer",
       xmpp,
       {head + "<starttls/><stream:features><bind/></stream:features>"},
       first,
       Kind::kRefused,
       "does not offer starttls"},
      {"XmppNoFeatures",
       xmpp,
       {head + "<stream:features/>"},
       first,
       Kind::kRefused,
       "does not offer starttls"},
      {"XmppUnknownHost",
       xmpp,
       {head + "<stream:error><host-unknown xmlns='x'/><text>no</text></stream:error>"},
       first,
       Kind::kRefused,
       "error host-unknown"},
      {"XmppFailure", xmpp, {offer, "<failure xmlns='x'/>"}, all, Kind::kRefused, "failure"},
      {"XmppClosed", xmpp, {head + "</stream:stream>"}, first, Kind::kRefused, "closed"},
      {"XmppNotXmpp", xmpp, {"220 hi\r\n"}, first, Kind::kProtocolError, "2"},
      {"XmppDeclaration", xmpp, {"<!DOCTYPE x>"}, first, Kind::kProtocolError, "not the XML"},
      {"XmppBrokenTag", xmpp, {"<a <b>"}, first, Kind::kProtocolError, "not the XML"},
      {"XmppWithoutEnd",
       xmpp,
       {"<" + std::string(9000, 'a')},
       first,
       Kind::kProtocolError,
       "too long"},
      {"EarlyXmppInjection",
       xmpp,
       {offer, "<proceed/><message/>"},
       all,
       Kind::kProtocolError,
       "clear text follows"},
      {"EarlyXmppProceed", xmpp, {offer + "<proceed/>"}, first, Kind::kProtocolError, "more than"},
  };
}

}  // namespace

std::vector<Dialogue> other_dialogues() {
  std::vector<Dialogue> all;
  for (auto family : {nntp_dialogues(), ftp_dialogues(), irc_dialogues(), xmpp_dialogues()}) {
    std::ranges::move(family, std::back_inserter(all));
  }
  return all;
}

}  // namespace tracer::engine
