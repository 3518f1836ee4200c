#include "ssl/distinguished_name.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace tracer::ssl {
namespace {

struct AttributeName {
  std::string_view oid;
  std::string_view name;
};

// The short names that OpenSSL prints.
constexpr auto kAttributeNames = std::to_array<AttributeName>({
    {"2.5.4.3", "CN"},
    {"2.5.4.4", "SN"},
    {"2.5.4.5", "serialNumber"},
    {"2.5.4.6", "C"},
    {"2.5.4.7", "L"},
    {"2.5.4.8", "ST"},
    {"2.5.4.9", "street"},
    {"2.5.4.10", "O"},
    {"2.5.4.11", "OU"},
    {"2.5.4.12", "title"},
    {"2.5.4.13", "description"},
    {"2.5.4.15", "businessCategory"},
    {"2.5.4.16", "postalAddress"},
    {"2.5.4.17", "postalCode"},
    {"2.5.4.18", "postOfficeBox"},
    {"2.5.4.20", "telephoneNumber"},
    {"2.5.4.41", "name"},
    {"2.5.4.42", "GN"},
    {"2.5.4.43", "initials"},
    {"2.5.4.44", "generationQualifier"},
    {"2.5.4.45", "x500UniqueIdentifier"},
    {"2.5.4.46", "dnQualifier"},
    {"2.5.4.65", "pseudonym"},
    {"2.5.4.72", "role"},
    {"2.5.4.97", "organizationIdentifier"},
    {"0.9.2342.19200300.100.1.1", "UID"},
    {"0.9.2342.19200300.100.1.3", "mail"},
    {"0.9.2342.19200300.100.1.25", "DC"},
    {"1.2.840.113549.1.9.1", "emailAddress"},
    {"1.2.840.113549.1.9.2", "unstructuredName"},
    {"1.2.840.113549.1.9.8", "unstructuredAddress"},
    {"1.3.6.1.4.1.311.60.2.1.1", "jurisdictionL"},
    {"1.3.6.1.4.1.311.60.2.1.2", "jurisdictionST"},
    {"1.3.6.1.4.1.311.60.2.1.3", "jurisdictionC"},
});

std::string_view attribute_name(std::string_view oid) {
  for (const AttributeName& entry : kAttributeNames) {
    if (entry.oid == oid) return entry.name;
  }
  return {};
}

void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto put = [&out](std::uint32_t octet) { out += static_cast<char>(octet); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xc0U | code_point >> 6U);
    put(0x80U | (code_point & 0x3fU));
  } else if (code_point < 0x10000) {
    put(0xe0U | code_point >> 12U);
    put(0x80U | (code_point >> 6U & 0x3fU));
    put(0x80U | (code_point & 0x3fU));
  } else {
    put(0xf0U | code_point >> 18U);
    put(0x80U | (code_point >> 12U & 0x3fU));
    put(0x80U | (code_point >> 6U & 0x3fU));
    put(0x80U | (code_point & 0x3fU));
  }
}

bool is_scalar_value(std::uint32_t code_point) {
  return code_point <= 0x10ffff && (code_point < 0xd800 || code_point > 0xdfff);
}

// The length of the well-formed UTF-8 sequence at the start of `bytes`; 0 when there is none.
std::size_t utf8_sequence_length(Bytes bytes) {
  const std::uint8_t first = bytes.front();
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || bytes.size() < length) return 0;
  std::uint32_t code_point = first & (0x7fU >> length);
  for (const std::uint8_t octet : bytes.subspan(1, length - 1)) {
    if ((octet & 0xc0U) != 0x80) return 0;
    code_point = code_point << 6U | (octet & 0x3fU);
  }
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  return code_point >= kLeast[length] && is_scalar_value(code_point) ? length : 0;
}

// Text in fixed-width big-endian units: 1 for Latin-1, 2 for BMPString, 4 for UniversalString.
std::optional<std::string> from_units(Bytes bytes, std::size_t width) {
  if (bytes.size() % width != 0) return std::nullopt;
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += width) {
    std::uint32_t code_point = 0;
    for (const std::uint8_t octet : bytes.subspan(at, width)) code_point = code_point << 8U | octet;
    if (!is_scalar_value(code_point)) return std::nullopt;
    append_utf8(out, code_point);
  }
  return out;
}

// The characters of a string type as UTF-8 (a UTF8String as it is, valid or not); nothing for
// other types and for units that are no characters.
std::optional<std::string> string_value(const der::Element& value) {
  switch (value.tag) {
    case der::kUtf8String:
      return std::string(value.content.begin(), value.content.end());
    case der::kNumericString:
    case der::kPrintableString:
    case der::kTeletexString:  // read as Latin-1, as everyone does
    case der::kIa5String:
    case der::kVisibleString:
      return from_units(value.content, 1);
    case der::kBmpString:
      return from_units(value.content, 2);
    case der::kUniversalString:
      return from_units(value.content, 4);
    default:
      return std::nullopt;
  }
}

void append_hex(std::string& out, std::uint8_t octet) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  out += kDigits[octet >> 4U];
  out += kDigits[octet & 0xfU];
}

std::string hex_value(Bytes bytes) {
  std::string out = "#";
  for (const std::uint8_t octet : bytes) append_hex(out, octet);
  return out;
}

bool is_control(Bytes sequence) {
  if (sequence.size() == 1) return sequence[0] < 0x20 || sequence[0] == 0x7f;
  return sequence.size() == 2 && sequence[0] == 0xc2 && sequence[1] < 0xa0;
}

// RFC 4514 section 2.4.
std::string escaped(const std::string& text) {
  const std::vector<std::uint8_t> octets(text.begin(), text.end());
  const Bytes bytes(octets);
  std::string out;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = utf8_sequence_length(bytes.subspan(at));
    const Bytes sequence = bytes.subspan(at, std::max<std::size_t>(length, 1));
    const char c = text[at];
    const bool at_edge = (c == ' ' && (at == 0 || at + 1 == bytes.size())) || (c == '#' && at == 0);
    if (length == 0 || is_control(sequence)) {
      for (const std::uint8_t octet : sequence) {
        out += '\\';
        append_hex(out, octet);
      }
    } else {
      if (at_edge || std::string_view(",+\"\\<>;").find(c) != std::string_view::npos) out += '\\';
      out.append(text, at, sequence.size());
    }
    at += sequence.size();
  }
  return out;
}

void append_attribute(std::string& out, const NameAttribute& attribute) {
  const std::string_view name = attribute_name(attribute.type);
  out += name.empty() ? std::string_view(attribute.type) : name;
  out += '=';
  std::optional<std::string> text;
  if (!name.empty()) text = string_value(attribute.value);
  out += text ? escaped(*text) : hex_value(attribute.value.whole);
}

// Lower case, no spaces at the ends, one where there were several.
std::string folded(const std::string& text) {
  std::string out;
  bool space = false;
  for (const char c : text) {
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
      space = !out.empty();
      continue;
    }
    if (space) out += ' ';
    space = false;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

void append_sized(std::string& out, std::string_view part) {
  out += std::to_string(part.size());
  out += ':';
  out += part;
}

std::string canonical_attribute(const NameAttribute& attribute) {
  std::string out;
  append_sized(out, attribute.type);
  if (const auto text = string_value(attribute.value)) {
    out += 't';
    append_sized(out, folded(*text));
  } else {
    const Bytes whole = attribute.value.whole;
    out += 'r';
    append_sized(out, std::string(whole.begin(), whole.end()));
  }
  return out;
}

}  // namespace

DistinguishedName read_name(der::Cursor& cursor, std::string_view what) {
  DistinguishedName name;
  der::Cursor parts = cursor.enter(der::kSequence, what);
  while (!parts.at_end()) {
    der::Cursor attributes = parts.enter(der::kSet, what);
    RelativeName part;
    do {
      der::Cursor attribute = attributes.enter(der::kSequence, what);
      std::string type = der::read_object_identifier(attribute, what);
      const der::Element value = attribute.read_any(what);
      attribute.finish(what);
      part.push_back({std::move(type), value});
    } while (!attributes.at_end());
    name.push_back(std::move(part));
  }
  return cursor.failed() ? DistinguishedName{} : name;
}

std::string name_text(const DistinguishedName& name) {
  std::string out;
  for (auto part = name.rbegin(); part != name.rend(); ++part) {
    if (part != name.rbegin()) out += ',';
    for (auto attribute = part->rbegin(); attribute != part->rend(); ++attribute) {
      if (attribute != part->rbegin()) out += '+';
      append_attribute(out, *attribute);
    }
  }
  return out;
}

std::string canonical_name(const DistinguishedName& name) {
  std::string out;
  for (const RelativeName& part : name) {
    std::vector<std::string> attributes;
    for (const NameAttribute& attribute : part) {
      attributes.push_back(canonical_attribute(attribute));
    }
    std::sort(attributes.begin(), attributes.end());
    std::string joined;
    for (const std::string& attribute : attributes) append_sized(joined, attribute);
    append_sized(out, joined);
  }
  return out;
}

std::string printable_ascii(Bytes bytes) {
  std::string out;
  for (const std::uint8_t octet : bytes) {
    if (octet < 0x20 || octet > 0x7e) {
      out += "\\x";
      append_hex(out, octet);
    } else {
      if (octet == '\\') out += '\\';
      out += static_cast<char>(octet);
    }
  }
  return out;
}

}  // namespace tracer::ssl
