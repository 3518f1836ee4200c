#include "ssl/crl_view.h"

#include <algorithm>
#include <array>

#include "ssl/general_name.h"
#include "ssl/limits.h"

namespace tracer::ssl {
namespace {

void note(std::string& place, std::string_view sentence) {
  if (place.empty()) place = sentence;
}

bool serial_less(Bytes a, Bytes b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

bool read_tagged_boolean(der::Cursor& fields, std::uint8_t number, std::string_view what) {
  const auto element = fields.read_if(der::context(number), what);
  if (!element) return false;
  if (element->content.size() != 1 || element->content[0] != 0xff) {
    fields.fail(*element, what, "not a DER boolean");
  }
  return true;
}

void read_scope(der::Cursor& value, CrlScope& scope) {
  constexpr std::string_view kWhat = "issuingDistributionPoint";
  der::Cursor fields = value.enter(der::kSequence, kWhat);
  if (fields.next_is(der::context_constructed(0))) {
    der::Cursor name = fields.enter(der::context_constructed(0), kWhat);
    read_point_names(name, kWhat, scope.point);
    name.finish(kWhat);
  }
  scope.only_users = read_tagged_boolean(fields, 1, kWhat);
  scope.only_cas = read_tagged_boolean(fields, 2, kWhat);
  scope.only_some_reasons = fields.read_if(der::context(3), kWhat).has_value();
  scope.indirect = read_tagged_boolean(fields, 4, kWhat);
  scope.only_attributes = read_tagged_boolean(fields, 5, kWhat);
  fields.finish(kWhat);
}

struct Extension {
  std::string oid;
  bool critical = false;
  Bytes payload;
};

Extension read_extension(der::Cursor& list, std::string_view what) {
  der::Cursor fields = list.enter(der::kSequence, what);
  Extension extension;
  extension.oid = der::read_object_identifier(fields, what);
  if (fields.next_is(der::kBoolean)) extension.critical = der::read_boolean(fields, what);
  extension.payload = fields.read(der::kOctetString, what).content;
  fields.finish(what);
  return extension;
}

struct Seen {
  bool number = false;
  bool authority = false;
};

void read_list_extension(const Extension& extension, CrlView& view, Seen& seen) {
  der::Document document(extension.payload);
  der::Cursor value(document);
  if (extension.oid == "2.5.29.20") {  // cRLNumber
    seen.number = true;
    der::read_integer(value, "cRLNumber");
    value.finish("cRLNumber");
    if (extension.critical) note(view.defect, "its cRLNumber is critical");
  } else if (extension.oid == "2.5.29.28") {
    read_scope(value, view.scope);
    value.finish("issuingDistributionPoint");
    // What cannot be read may leave anything out, and the entries may be another issuer's.
    if (document.failed()) note(view.unknown_critical, extension.oid);
  } else if (extension.oid == "2.5.29.35") {
    seen.authority = true;
  } else if (extension.critical) {
    note(view.unknown_critical, extension.oid);
  }
  if (document.failed()) note(view.defect, document.failure().message);
}

void read_list_extensions(der::Cursor& tbs, CrlView& view) {
  constexpr std::string_view kWhat = "tbsCertList.crlExtensions";
  Seen seen;
  if (tbs.next_is(der::context_constructed(0))) {
    der::Cursor field = tbs.enter(der::context_constructed(0), kWhat);
    der::Cursor list = field.enter(der::kSequence, kWhat);
    field.finish(kWhat);
    std::vector<std::string> oids;
    do {
      Extension extension = read_extension(list, kWhat);
      if (list.failed()) return;
      if (oids.size() == limits::kMaxExtensions) return list.fail(kWhat, "too many extensions");
      if (std::find(oids.begin(), oids.end(), extension.oid) != oids.end()) {
        note(view.defect, "it has an extension twice");
      }
      read_list_extension(extension, view, seen);
      oids.push_back(std::move(extension.oid));
    } while (!list.at_end());
  }
  if (!seen.number) note(view.defect, "it has no cRLNumber");
  if (!seen.authority) note(view.defect, "it has no authorityKeyIdentifier");
}

void read_entry_extensions(der::Cursor& fields, CrlView& view, RevokedEntry& entry) {
  constexpr std::string_view kWhat = "crlEntryExtensions";
  der::Cursor list = fields.enter(der::kSequence, kWhat);
  do {
    const Extension extension = read_extension(list, kWhat);
    if (list.failed()) return;
    if (extension.oid == "2.5.29.21") {  // reasonCode
      der::Document document(extension.payload);
      der::Cursor value(document);
      const der::Element reason = value.read(0x0a, "reasonCode");
      value.finish("reasonCode");
      if (document.failed() || reason.content.size() != 1) {
        note(view.defect, "an entry's reason cannot be read");
      } else {
        entry.reason = reason.content[0];
      }
    } else if (extension.critical) {
      note(view.unknown_critical, extension.oid);
    }
  } while (!list.at_end());
}

void read_entries(der::Cursor& tbs, CrlView& view) {
  constexpr std::string_view kWhat = "tbsCertList.revokedCertificates";
  if (!tbs.next_is(der::kSequence)) return;
  der::Cursor list = tbs.enter(der::kSequence, kWhat);
  while (!list.at_end()) {
    if (view.entries.size() == limits::kMaxCrlEntries) list.fail(kWhat, "too many entries");
    der::Cursor fields = list.enter(der::kSequence, kWhat);
    RevokedEntry entry;
    entry.serial = der::read_integer(fields, kWhat);
    entry.revoked_s = der::read_time(fields, kWhat);
    if (fields.next_is(der::kSequence)) read_entry_extensions(fields, view, entry);
    fields.finish(kWhat);
    view.entries.push_back(entry);
  }
  if (list.failed()) return;
  const auto less = [](const RevokedEntry& a, const RevokedEntry& b) {
    return serial_less(a.serial, b.serial);
  };
  std::stable_sort(view.entries.begin(), view.entries.end(), less);
  const auto twice = std::adjacent_find(
      view.entries.begin(), view.entries.end(),
      [](const auto& a, const auto& b) { return std::ranges::equal(a.serial, b.serial); });
  if (twice != view.entries.end()) note(view.defect, "it lists a serial number twice");
}

void read_tbs(der::Cursor& tbs, CrlView& view) {
  if (tbs.next_is(der::kInteger)) {
    if (der::read_small_integer(tbs, "tbsCertList.version") != 1) {
      tbs.fail("tbsCertList.version", "not version 2");
    }
  } else {
    note(view.defect, "it is of version 1");
  }
  view.signature_algorithm = read_algorithm(tbs, "tbsCertList.signature");
  view.issuer_key = canonical_name(read_name(tbs, "tbsCertList.issuer"));
  view.this_update_s = der::read_time(tbs, "tbsCertList.thisUpdate");
  if (tbs.next_is(der::kUtcTime) || tbs.next_is(der::kGeneralizedTime)) {
    view.next_update_s = der::read_time(tbs, "tbsCertList.nextUpdate");
  } else {
    note(view.defect, "it does not say when the next is due");
  }
  read_entries(tbs, view);
  read_list_extensions(tbs, view);
  tbs.finish("tbsCertList");
}

}  // namespace

std::string_view revocation_reason_name(std::uint8_t reason) {
  constexpr std::array<std::string_view, 11> kNames = {
      "unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
      "superseded",    "cessationOfOperation", "certificateHold", "unused",
      "removeFromCRL", "privilegeWithdrawn",   "aACompromise"};
  return reason < kNames.size() ? kNames[reason] : "unknown reason";
}

const RevokedEntry* CrlView::find(Bytes serial) const {
  const auto found = std::lower_bound(
      entries.begin(), entries.end(), serial,
      [](const RevokedEntry& entry, Bytes wanted) { return serial_less(entry.serial, wanted); });
  if (found == entries.end() || !std::ranges::equal(found->serial, serial)) return nullptr;
  return &*found;
}

tl::expected<CrlView, CertificateError> parse_crl(Bytes der) {
  if (der.size() > limits::kMaxCrlBytes) {
    return tl::make_unexpected(CertificateError{0, "CRL: larger than the limit"});
  }
  CrlView view;
  der::Document document(der);
  der::Cursor cursor(document);
  der::Cursor list = cursor.enter(der::kSequence, "CRL");
  cursor.finish("CRL");
  const der::Element tbs_element = list.read(der::kSequence, "tbsCertList");
  view.tbs = tbs_element.whole;
  der::Cursor tbs = list.inside(tbs_element, "tbsCertList");
  read_tbs(tbs, view);
  const AlgorithmIdentifier outer = read_algorithm(list, "signatureAlgorithm");
  view.signature = der::read_octet_aligned_bits(list, "signature");
  list.finish("CRL");
  if (document.failed()) return tl::make_unexpected(document.failure());
  if (!std::ranges::equal(outer.whole, view.signature_algorithm.whole)) {
    note(view.defect, "its two signature algorithms differ");
  }
  return view;
}

}  // namespace tracer::ssl
