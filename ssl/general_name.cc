#include "ssl/general_name.h"

#include "ssl/host_syntax.h"
#include "ssl/limits.h"

namespace tracer::ssl {
namespace {

std::string ip_text(Bytes address) {
  const std::string text = address_text(address);
  return text.empty() ? printable_ascii(address) : text;
}

// The type of an otherName: its first element.
std::string other_name_type(Bytes content) {
  der::Document document(content);
  der::Cursor cursor(document);
  return der::read_object_identifier(cursor, "otherName");
}

}  // namespace

GeneralName read_general_name(der::Cursor& cursor, std::string_view what) {
  const der::Element element = cursor.read_any(what);
  if (cursor.failed()) return {};
  const auto number = static_cast<std::uint8_t>(element.tag & 0x1fU);
  const bool constructed = (element.tag & 0x20U) != 0;
  GeneralName name{static_cast<GeneralNameType>(number), element.content, {}};
  const bool holds_a_structure =
      name.type == GeneralNameType::kOther || name.type == GeneralNameType::kX400 ||
      name.type == GeneralNameType::kDirectory || name.type == GeneralNameType::kEdiParty;
  if ((element.tag & 0xc0U) != 0x80 || number > 8 || constructed != holds_a_structure) {
    cursor.fail(element, what, "not a GeneralName");
    return {};
  }
  if (name.type == GeneralNameType::kDirectory) {
    der::Cursor inner = cursor.inside(element, what);
    name.directory = read_name(inner, what);
    inner.finish(what);
  }
  return name;
}

void read_point_names(der::Cursor& cursor, std::string_view what, PointNames& out) {
  if (cursor.next_is(der::context_constructed(1))) {  // nameRelativeToCRLIssuer
    cursor.read_any(what);
    out.other = true;
    return;
  }
  der::Cursor names = cursor.enter(der::context_constructed(0), what);
  do {
    const GeneralName name = read_general_name(names, what);
    if (name.type != GeneralNameType::kUri) {
      out.other = true;
    } else if (out.uris.size() < limits::kMaxGeneralNames) {
      out.uris.push_back(name.value);
    } else {
      names.fail(what, "too many names");
    }
  } while (!names.at_end());
}

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
