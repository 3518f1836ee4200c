#include "ssl/name_constraints.h"

#include <algorithm>
#include <string_view>

#include "ssl/general_name.h"

namespace tracer::ssl {
namespace {

enum class Relation : std::uint8_t { kOutside, kWithin, kUnknown };

std::string lower_text(Bytes bytes) {
  std::string out(bytes.begin(), bytes.end());
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// "example.com" holds itself and what is below it. A leading dot, which OpenSSL's documentation
// taught people to write, leaves the domain itself out.
bool domain_within(std::string_view name, std::string_view base) {
  if (base.empty()) return true;
  if (base.front() == '.') return name.size() > base.size() && name.ends_with(base);
  if (!name.ends_with(base)) return false;
  return name.size() == base.size() || name[name.size() - base.size() - 1] == '.';
}

// `excluded`: a wildcard stands for every name that it can match, so it meets a subtree below it.
bool dns_within(const GeneralName& name, const GeneralName& base, bool excluded) {
  const std::string text = lower_text(name.value);
  const std::string limit = lower_text(base.value);
  if (!text.starts_with("*.")) return domain_within(text, limit);
  const std::string_view parent = std::string_view(text).substr(2);
  if (domain_within(parent, limit) || limit == "." + std::string(parent)) return true;
  const std::size_t dot = limit.find('.');
  return excluded && dot != std::string::npos && std::string_view(limit).substr(dot + 1) == parent;
}

bool ip_within(const GeneralName& name, const GeneralName& base) {
  const std::size_t size = name.value.size();
  if (base.value.size() != 2 * size) return false;
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint8_t mask = base.value[size + i];
    if ((name.value[i] & mask) != (base.value[i] & mask)) return false;
  }
  return true;
}

bool email_within(const GeneralName& name, const GeneralName& base) {
  const std::string address(name.value.begin(), name.value.end());
  const std::string limit = lower_text(base.value);
  const std::size_t at = address.rfind('@');
  if (at == std::string::npos) return false;
  const std::string host = lower_text(name.value.subspan(at + 1));
  const std::size_t limit_at = limit.rfind('@');
  if (limit_at != std::string::npos) {
    const std::string base_text(base.value.begin(), base.value.end());
    return address.compare(0, at, base_text, 0, limit_at) == 0 &&
           host == limit.substr(limit_at + 1);
  }
  return limit.starts_with(".") ? host.ends_with(limit) && host != limit : host == limit;
}

// scheme://user@host:port/path. A URI without a host can be constrained by nothing.
Relation uri_within(const GeneralName& name, const GeneralName& base) {
  const std::string text = lower_text(name.value);
  const std::string limit = lower_text(base.value);
  const std::size_t authority = text.find("://");
  if (authority == std::string::npos) return Relation::kUnknown;
  std::string host = text.substr(authority + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  host = host.substr(host.rfind('@') + 1);  // npos + 1 is 0: no user part
  if (host.starts_with("[")) return Relation::kUnknown;
  host = host.substr(0, host.find(':'));
  if (host.empty()) return Relation::kUnknown;
  const bool within = limit.starts_with(".") ? domain_within(host, limit) : host == limit;
  return within ? Relation::kWithin : Relation::kOutside;
}

Relation relate(const GeneralName& name, const GeneralName& base, bool excluded) {
  const auto from = [](bool within) { return within ? Relation::kWithin : Relation::kOutside; };
  switch (name.type) {
    case GeneralNameType::kDns:
      // A constraint may not hold a wildcard, and nobody can say what one would mean.
      if (std::ranges::find(base.value, '*') != base.value.end()) return Relation::kUnknown;
      return from(dns_within(name, base, excluded));
    case GeneralNameType::kIp:
      return from(ip_within(name, base));
    case GeneralNameType::kEmail:
      return from(email_within(name, base));
    case GeneralNameType::kUri:
      return uri_within(name, base);
    case GeneralNameType::kDirectory:
      return from(canonical_name(name.directory).starts_with(canonical_name(base.directory)));
    default:
      return Relation::kUnknown;
  }
}

bool allowed(const Extensions& ca, const GeneralName& name, std::size_t& budget) {
  const auto spend = [&budget] { return budget > 0 && budget-- > 0; };
  for (const GeneralName& base : ca.excluded) {
    if (base.type != name.type) continue;
    if (!spend() || relate(name, base, true) != Relation::kOutside) return false;
  }
  bool constrained = false;
  for (const GeneralName& base : ca.permitted) {
    if (base.type != name.type) continue;
    if (!spend()) return false;
    constrained = true;
    if (relate(name, base, false) == Relation::kWithin) return true;
  }
  return !constrained;
}

}  // namespace

std::string name_outside_constraints(const Extensions& ca, const CertificateView& certificate,
                                     std::size_t& budget) {
  if (!certificate.subject.empty()) {
    const GeneralName subject{GeneralNameType::kDirectory, {}, certificate.subject};
    if (!allowed(ca, subject, budget)) return general_name_text(subject);
  }
  for (const RelativeName& part : certificate.subject) {
    for (const NameAttribute& attribute : part) {
      if (attribute.type != "1.2.840.113549.1.9.1") continue;  // emailAddress
      const GeneralName email{GeneralNameType::kEmail, attribute.value.content, {}};
      if (!allowed(ca, email, budget)) return general_name_text(email);
    }
  }
  for (const GeneralName& name : certificate.extensions.sans) {
    if (!allowed(ca, name, budget)) return general_name_text(name);
  }
  return {};
}

}  // namespace tracer::ssl
