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

std::vector<Dialogue> postgres_dialogues() {
  const auto postgres = StarttlsProtocol::kPostgres;
  const std::vector<std::string> ask = {"\0\0\0\x08\x04\xd2\x16\x2f"s};
  return {
      {"PostgresReady", postgres, {"S"}, ask, Kind::kReady, ""},
      {"PostgresNo", postgres, {"N"}, ask, Kind::kRefused, "does not offer TLS"},
      {"PostgresError",
       postgres,
       {"E\0\0\0\x24SFATAL\0C53300\0Mtoo many clients\0\0"s},
       ask,
       Kind::kRefused,
       "the server said: too many clients"},
      {"PostgresErrorWithoutMessage",
       postgres,
       {"E\0\0\0\x05\0"s},
       ask,
       Kind::kRefused,
       "without a message"},
      {"PostgresErrorCutShort",
       postgres,
       {"E\0\0\0\x07Mab"s},
       ask,
       Kind::kRefused,
       "without a message"},
      {"PostgresErrorTooLong",
       postgres,
       {"E\x7f\0\0\0"s},
       ask,
       Kind::kProtocolError,
       "impossible length"},
      {"PostgresErrorTooShort",
       postgres,
       {"E\0\0\0\x03"s},
       ask,
       Kind::kProtocolError,
       "impossible length"},
      {"PostgresGarbage", postgres, {"H"}, ask, Kind::kProtocolError, "H"},
      {"EarlyPostgresInjection",
       postgres,
       {"SR\0\0\0\x08\0\0\0\0"s},
       ask,
       Kind::kProtocolError,
       "clear text follows"},
  };
}

std::vector<Dialogue> ldap_dialogues() {
  const auto ldap = StarttlsProtocol::kLdap;
  const std::vector<std::string> ask = {
      "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
      "1.3.6.1.4.1.1466.20037"};
  return {
      {"LdapReady",
       ldap,
       {"0\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0"s},
       ask,
       Kind::kReady,
       ""},
      {"LdapReadyInLongForm",
       ldap,
       {"0\x84\0\0\0\x10\x02\x01\x01\x78\x84\0\0\0\x07\x0a\x01\0\x04\0\x04\0"s},
       ask,
       Kind::kReady,
       ""},
      {"LdapRefused",
       ldap,
       {"0\x11\x02\x01\x01\x78\x0c\x0a\x01\x34\x04\0\x04\x05no\x01.!"s},
       ask,
       Kind::kRefused,
       "result 52 no?.!"},
      {"LdapDisconnection",
       ldap,
       {"0\x0c\x02\x01\0\x78\x07\x0a\x01\0\x04\0\x04\0"s},
       ask,
       Kind::kRefused,
       "result 0"},
      {"LdapOtherMessage",
       ldap,
       {"0\x0c\x02\x01\x09\x78\x07\x0a\x01\0\x04\0\x04\0"s},
       ask,
       Kind::kProtocolError,
       "another message"},
      {"LdapOtherOperation",
       ldap,
       {"0\x0c\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0"s},
       ask,
       Kind::kProtocolError,
       "not the LDAP response"},
      {"LdapCutShort",
       ldap,
       {"0\x08\x02\x01\x01\x78\x03\x0a\x01\0"s},
       ask,
       Kind::kProtocolError,
       "cut short"},
      {"LdapTooLong", ldap, {"0\x84\x7f\0\0\0"s}, ask, Kind::kProtocolError, "not an LDAP"},
      {"LdapIndefinite", ldap, {"0\x80"s}, ask, Kind::kProtocolError, "not an LDAP"},
      {"LdapNotLdap", ldap, {"HTTP"}, ask, Kind::kProtocolError, "not an LDAP"},
      {"EarlyLdapInjection",
       ldap,
       {"0\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0\x16"s},
       ask,
       Kind::kProtocolError,
       "clear text follows"},
  };
}

std::vector<Dialogue> mysql_dialogues() {
  const auto mysql = StarttlsProtocol::kMysql;
  const std::vector<std::string> ask = {" \0\0\x01\0\x8a\0\0\0\0\0\x01-"s + std::string(23, '\0')};
  const auto packet = [](const std::string& payload) {
    return std::string{static_cast<char>(payload.size()), '\0', '\0', '\0'} + payload;
  };
  const std::string head =
      "\x0a"
      "11.4\0\x07\0\0\0saltsalt\0"s;
  return {
      {"MysqlReady", mysql, {packet(head + "\xff\xff\x2d\x02\0"s)}, ask, Kind::kReady, ""},
      {"MysqlWithoutTls",
       mysql,
       {packet(head + "\xff\xf7\x2d"s)},
       {},
       Kind::kRefused,
       "does not offer TLS"},
      {"MysqlNotLetIn",
       mysql,
       {packet("\xff\x6a\x04Host '10.0.0.1' is not allowed"s)},
       {},
       Kind::kRefused,
       "Host '10.0.0.1' is not allowed"},
      {"MysqlErrorCutShort", mysql, {packet("\xff")}, {}, Kind::kRefused, "the server said"},
      {"MysqlOtherVersion",
       mysql,
       {packet("\x09"
               "3.20")},
       {},
       Kind::kProtocolError,
       "version"},
      {"MysqlCutShort", mysql, {packet(head)}, {}, Kind::kProtocolError, "cut short"},
      {"MysqlNoVersionEnd",
       mysql,
       {packet("\x0a"
               "11")},
       {},
       Kind::kProtocolError,
       "cut short"},
      {"MysqlNotMysql", mysql, {"SSH-2.0"}, {}, Kind::kProtocolError, "not a greeting"},
      {"EarlyMysqlInjection",
       mysql,
       {packet(head + "\xff\xff"s) + "x"},
       {},
       Kind::kProtocolError,
       "more than it was"},
  };
}

}  // namespace

std::vector<Dialogue> packet_dialogues() {
  std::vector<Dialogue> all;
  for (auto family : {postgres_dialogues(), ldap_dialogues(), mysql_dialogues()}) {
    std::ranges::move(family, std::back_inserter(all));
  }
  return all;
}

}  // namespace tracer::engine
