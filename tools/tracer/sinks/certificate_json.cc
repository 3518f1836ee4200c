#include "tools/tracer/sinks/certificate_json.h"

#include <string_view>

#include "ssl/certificate.h"
#include "tools/tracer/sinks/json_text.h"
#include "tools/tracer/sinks/report_facts.h"

namespace tracer::cli {
namespace {

void append_facts(JsonObject& object, const ssl::CertificateFacts& facts, std::int64_t now_s) {
  object.text("subject", facts.subject);
  object.text("issuer", facts.issuer);
  object.time("valid_from", facts.not_before_s * 1000);
  object.time("valid_until", facts.not_after_s * 1000);
  object.integer("days_remaining", ssl::days_remaining(facts.not_after_s, now_s));
  std::string& out = object.key("sans");
  out += '[';
  std::string_view separator;
  for (const std::string& san : facts.sans) {
    out += separator;
    append_json_string(out, san);
    separator = ",";
  }
  out += ']';
  object.text("serial", facts.serial);
  object.text("fingerprint_sha256", fingerprint_text(facts, ""));
  object.text("key_type", key_type_name(facts.key_type));
  facts.key_bits == 0 ? object.null("key_bits") : object.integer("key_bits", facts.key_bits);
  object.text("signature_algorithm", facts.signature_algorithm);
}

}  // namespace

void append_certificate_json(std::string& out, const ssl::ChainReport* chain,
                             std::int64_t verified_expiry_s, std::int64_t now_s) {
  if (chain == nullptr || chain->certificates.empty()) {
    out += "null";
    return;
  }
  JsonObject object(out);
  append_facts(object, chain->certificates.front(), now_s);
  object.time("earliest_expiry", chain->earliest_expiry_s * 1000);
  verified_expiry_s == 0 ? object.null("verified_expiry")
                         : object.time("verified_expiry", verified_expiry_s * 1000);
  object.key("chain") += '[';
  std::string_view separator;
  for (const ssl::CertificateFacts& facts : chain->certificates) {
    out += separator;
    JsonObject one(out);
    append_facts(one, facts, now_s);
    one.close();
    separator = ",";
  }
  out += ']';
  object.close();
}

}  // namespace tracer::cli
