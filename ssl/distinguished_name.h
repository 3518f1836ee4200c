// X.501 names: read from DER, written as RFC 4514 text, and brought to a form in which names that
// are the same by RFC 5280 section 7.1 compare equal. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ssl/der.h"

namespace tracer::ssl {

struct NameAttribute {
  std::string type;  // dotted
  der::Element value;
};

// Points into the bytes it was read from. Most significant part first, as in the DER.
using RelativeName = std::vector<NameAttribute>;
using DistinguishedName = std::vector<RelativeName>;

DistinguishedName read_name(der::Cursor& cursor, std::string_view what);

// RFC 4514, most specific part first, with the attribute names and escapes of OpenSSL's
// `-nameopt RFC2253` but UTF-8 kept as it is. Always valid UTF-8 without control characters.
std::string name_text(const DistinguishedName& name);

// Equal for names that match; that of a name within a subtree begins with that of the subtree.
// Case and runs of spaces do not count in character strings. Not for people.
std::string canonical_name(const DistinguishedName& name);

// `bytes` as text for reports: printable ASCII as it is, a backslash doubled, others as \xNN.
std::string printable_ascii(Bytes bytes);

}  // namespace tracer::ssl
