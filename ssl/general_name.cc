#include "ssl/general_name.h"

#include <arpa/inet.h>

#include <array>

namespace tracer::ssl {
namespace {

std::string ip_text(Bytes address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = address.size() == 4 ? AF_INET : AF_INET6;
  const bool known = address.size() == 4 || address.size() == 16;
  if (!known || inet_ntop(family, address.data(), text.data(), text.size()) == nullptr) {
    return printable_ascii(address);
  }
  return text.data();
}

// The type of an otherName: its first element.
std::string other_name_type(Bytes content) {
  der::Document document(content);
  der::Cursor cursor(document);
  return der::read_object_identifier(cursor, "otherName");
}

}  // namespace

std::string general_name_text(const GeneralName& name) {
  switch (name.type) {
    case GeneralNameType::kDns:
      return "DNS:" + printable_ascii(name.value);
    case GeneralNameType::kIp:
      return "IP:" + ip_text(name.value);
    case GeneralNameType::kEmail:
      return "email:" + printable_ascii(name.value);
    case GeneralNameType::kUri:
      return "URI:" + printable_ascii(name.value);
    case GeneralNameType::kDirectory:
      return "DirName:" + name_text(name.directory);
    case GeneralNameType::kRegisteredId:
      return "RID:" + der::object_identifier_text(name.value);
    case GeneralNameType::kOther:
      return "otherName:" + other_name_type(name.value);
    case GeneralNameType::kX400:
      return "X400Name";
    case GeneralNameType::kEdiParty:
      return "EdiPartyName";
  }
  return {};
}

}  // namespace tracer::ssl
