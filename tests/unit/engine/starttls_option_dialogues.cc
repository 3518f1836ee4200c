#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/engine/starttls_dialogues.h"

namespace tracer::engine {
namespace {

using Kind = StarttlsDialogue::Step::Kind;
using std::string_literals::operator""s;

std::vector<Dialogue> mssql_dialogues() {
  const auto mssql = StarttlsProtocol::kMssql;
  const std::vector<std::string> ask = {
      "\x12\x01\0\x2f\0\0\x01\0\0\0\x1a\0\x06\x01\0\x20\0\x01\x02\0\x21\0\x01\x03\0\x22\0\x04"
      "\x04\0\x26\0\x01\xff\x09\0\0\0\0\0\x01\0\0\0\0\0\0"s};
  const auto packet = [](const std::string& data) {
    return "\x04\x01\0"s + static_cast<char>(data.size() + 8) + "\0\0\x01\0"s + data;
  };
  const auto answer = [&](char encryption) {
    return packet("\0\0\x0b\0\x06\x01\0\x11\0\x01\xff\x10\0\x10\0\0\0"s + encryption);
  };
  const auto bad = [&](const char* name, const std::string& turn, const char* detail) {
    return Dialogue{name, mssql, {turn}, ask, Kind::kProtocolError, detail};
  };
  return {
      {"MssqlOn", mssql, {answer('\x01')}, ask, Kind::kReady, ""},
      {"MssqlRequired", mssql, {answer('\x03')}, ask, Kind::kReady, ""},
      {"MssqlOff", mssql, {answer('\0')}, ask, Kind::kRefused, "answered ENCRYPT_OFF"},
      {"MssqlNotSupported", mssql, {answer('\x02')}, ask, Kind::kRefused, "ENCRYPT_NOT_SUP"},
      bad("MssqlUnknown", answer('\x09'), "unknown encryption"),
      bad("MssqlSilent", packet("\0\0\x06\0\x06\xff\x10\0\x10\0\0\0"s), "silent on encryption"),
      bad("MssqlWithoutVersion", packet("\x01\0\x06\0\x01\xff\x01"s), "not an answer to PRELOGIN"),
      bad("MssqlError", packet("\xaa\0\x01"s), "not an answer to PRELOGIN"),
      bad("MssqlWithoutEnd", packet("\0\0\x05\0\x01"s), "cut short"),
      bad("MssqlCutShort", packet("\0\0\x05"s), "cut short"),
      bad("MssqlOutOfBounds", packet("\0\0\x0b\0\x06\x01\xff\xff\0\x01\xff"s), "cut short"),
      bad("MssqlEmpty", "\x04\x01\0\x08\0\0\x01\0"s, "not an answer to PRELOGIN"),
      bad("MssqlTooLong", "\x04\x01\x7f\xff\0\0\x01\0"s, "not an answer to PRELOGIN"),
      bad("MssqlInPieces", "\x04\0\0\x20\0\0\x01\0"s, "not an answer to PRELOGIN"),
      bad("MssqlNotMssql", "SSH-2.0-x\r\n", "not a packet of SQL Server"),
      bad("MssqlTlsAtOnce", "\x15\x03\x03\0\x02\x02\x28"s, "not a packet of SQL Server"),
      bad("EarlyMssqlInjection", answer('\x01') + "\x04", "clear text follows"),
  };
}

std::vector<Dialogue> rdp_dialogues() {
  const auto rdp = StarttlsProtocol::kRdp;
  const std::vector<std::string> ask = {"\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0"s};
  const auto confirm = [](char kind, char value) {
    return "\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0"s + kind + "\0\x08\0"s + value + "\0\0\0"s;
  };
  const auto bad = [&](const char* name, const std::string& turn, const char* detail) {
    return Dialogue{name, rdp, {turn}, ask, Kind::kProtocolError, detail};
  };
  return {
      {"RdpTls", rdp, {confirm('\x02', '\x01')}, ask, Kind::kReady, ""},
      {"RdpNetworkLevelAuthentication", rdp, {confirm('\x02', '\x02')}, ask, Kind::kReady, ""},
      {"RdpOwnSecurity", rdp, {confirm('\x02', '\0')}, ask, Kind::kRefused, "without TLS"},
      {"RdpOld",
       rdp,
       {"\x03\0\0\x0b\x06\xd0\0\0\x12\x34\0"s},
       ask,
       Kind::kRefused,
       "does not negotiate"},
      {"RdpRefused",
       rdp,
       {confirm('\x03', '\x02')},
       ask,
       Kind::kRefused,
       "the server said: SSL_NOT_ALLOWED_BY_SERVER"},
      {"RdpRefusedOddly", rdp, {confirm('\x03', '\x63')}, ask, Kind::kRefused, "unknown failure"},
      bad("RdpNotAsked", confirm('\x02', '\x08'), "not asked for"),
      bad("RdpOddKind", confirm('\x07', '\x01'), "unknown kind"),
      bad("RdpDisconnect", "\x03\0\0\x0b\x06\x80\0\0\x12\x34\0"s, "not an X.224"),
      bad("RdpWrongLength", "\x03\0\0\x0b\x07\xd0\0\0\x12\x34\0"s, "not an X.224"),
      bad("RdpTooLong", "\x03\0\x7f\xff"s, "not an X.224"),
      bad("RdpNotRdp", "HTTP/1.1 400\r\n", "not a packet of RDP"),
      bad("EarlyRdpInjection", confirm('\x02', '\x01') + "\x03", "clear text follows"),
  };
}

std::vector<Dialogue> telnet_dialogues() {
  const auto telnet = StarttlsProtocol::kTelnet;
  const std::string will = "\xff\xfb\x2e";
  const std::string agree = "\xff\xfd\x2e";
  const std::string follows = "\xff\xfa\x2e\x01\xff\xf0";
  return {
      {"TelnetReady", telnet, {agree, follows}, {will, follows}, Kind::kReady, ""},
      {"TelnetSaysItTwice", telnet, {agree, agree, follows}, {will, follows}, Kind::kReady, ""},
      {"TelnetBannerAndOptions",
       telnet,
       {"Welcome\r\n\xff\xf1\xff\xff\xff\xfd\x18", "\xff\xfb\x01", agree,
        "\xff\xfc\x03\xff\xfe\x04\xff\xfa\x18\x01\xff\xf0" + follows},
       {will, "\xff\xfc\x18", "\xff\xfe\x01", follows},
       Kind::kReady,
       ""},
      {"TelnetRefused",
       telnet,
       {"\xff\xfe\x2e"},
       {will},
       Kind::kRefused,
       "the server answered DONT START_TLS"},
      {"TelnetRevoked", telnet, {agree, "\xff\xfe\x2e"}, {will, follows}, Kind::kRefused, "DONT"},
      {"TelnetUnagreed", telnet, {follows}, {will}, Kind::kProtocolError, "before it was agreed"},
      {"TelnetEndlessBanner",
       telnet,
       {std::string(70 * 1024, 'x')},
       {will},
       Kind::kProtocolError,
       "talks without end"},
      {"TelnetEndlessOption",
       telnet,
       {"\xff\xfa\x18" + std::string(9 * 1024, 'x')},
       {will},
       Kind::kProtocolError,
       "too long"},
      {"EarlyTelnetInjection",
       telnet,
       {agree, follows + "login: "},
       {will, follows},
       Kind::kProtocolError,
       "clear text follows"},
  };
}

std::vector<Dialogue> nats_dialogues() {
  const auto nats = StarttlsProtocol::kNats;
  const auto plain = [&](const char* name, const std::string& info) {
    return Dialogue{name, nats,           {"INFO " + info + "\r\n"},
                    {},   Kind::kRefused, "neither tls_required nor"};
  };
  return {
      {"NatsRequired",
       nats,
       {R"(INFO {"server_id":"N{\"","ip":["a"],"tls_required":true,"port":4222} )"
        "\r\n"},
       {},
       Kind::kReady,
       ""},
      {"NatsAvailable", nats, {"INFO {\"tls_available\" : true}\r\n"}, {}, Kind::kReady, ""},
      plain("NatsPlain", R"({"server_id":"N","tls_required":false})"),
      plain("NatsKeyOfAnother", R"({"a":{"tls_required":true}})"),
      plain("NatsKeyInText", R"({"server_name":"\"tls_required\":true"})"),
      plain("NatsValueOfTheName", R"({"server_name":"tls_required"})"),
      plain("NatsCutShort", R"({"tls_required)"),
      {"NatsError",
       nats,
       {"-ERR 'maximum connections exceeded'\r\n"},
       {},
       Kind::kRefused,
       "the server said: -ERR 'maximum connections exceeded'"},
      {"NatsNotNats", nats, {"220 hi\r\n"}, {}, Kind::kProtocolError, "2"},
      {"NatsTooLong",
       nats,
       {"INFO {" + std::string(9 * 1024, 'x')},
       {},
       Kind::kProtocolError,
       "too long"},
      {"EarlyNatsInjection",
       nats,
       {"INFO {\"tls_required\":true}\r\nPING\r\n"},
       {},
       Kind::kProtocolError,
       "clear text follows"},
  };
}

}  // namespace

std::vector<Dialogue> option_dialogues() {
  std::vector<Dialogue> all;
  for (auto family : {mssql_dialogues(), rdp_dialogues(), telnet_dialogues(), nats_dialogues()}) {
    std::ranges::move(family, std::back_inserter(all));
  }
  return all;
}

}  // namespace tracer::engine
