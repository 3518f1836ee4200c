#include "engine/policy_interner.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <string_view>

namespace tracer::engine {
namespace {

class Hasher {
 public:
  void number(std::uint64_t value) {
    state_ = std::rotl(state_ ^ value, 29) * 0x9E37'79B9'7F4A'7C15ULL;
  }
  void text(std::string_view value) { number(XXH3_64bits(value.data(), value.size())); }
  void texts(const std::vector<std::string>& values) {
    number(values.size());
    for (const std::string& value : values) text(value);
  }
  void pattern(const std::shared_ptr<const Pattern>& value) {
    if (value) text(value->text());
  }
  void address(const IpAddress& value) {
    number(value.family);
    if (value.family != 0) number(XXH3_64bits(value.bytes.data(), value.bytes.size()));
  }
  std::uint64_t result() const { return state_ ^ (state_ >> 32); }

 private:
  std::uint64_t state_ = 0x2545'F491'4F6C'DD1DULL;
};

void add(Hasher& hasher, const Assertion& assertion) {
  hasher.number(static_cast<std::uint64_t>(assertion.subject) |
                static_cast<std::uint64_t>(assertion.comparison) << 8 |
                static_cast<std::uint64_t>(assertion.severity) << 16);
  hasher.number(std::bit_cast<std::uint64_t>(assertion.number));
  hasher.texts(assertion.values);
  hasher.pattern(assertion.pattern);
  for (const Network& network : assertion.networks) {
    hasher.address(network.address);
    hasher.number(network.prefix_length);
  }
}

void add(Hasher& hasher, const TlsPolicy& tls) {
  hasher.number(static_cast<std::uint64_t>(tls.enabled) |
                static_cast<std::uint64_t>(tls.verify) << 1 |
                static_cast<std::uint64_t>(tls.skip_hostname_verify) << 2 |
                static_cast<std::uint64_t>(tls.starttls) << 8 |
                static_cast<std::uint64_t>(tls.min_version) << 16 |
                static_cast<std::uint64_t>(tls.max_version) << 32);
  hasher.number(static_cast<std::uint64_t>(tls.alert_before_expiry_s));
  hasher.text(tls.ca_file);
  hasher.texts(tls.crl_files);
  hasher.text(tls.cert_file);
  hasher.text(tls.key_file);
  hasher.texts(tls.alpn);
}

bool same_pattern(const std::shared_ptr<const Pattern>& a,
                  const std::shared_ptr<const Pattern>& b) {
  return a == b || (a && b && a->text() == b->text());
}

bool same_assertion(const Assertion& a, const Assertion& b) {
  return a.subject == b.subject && a.comparison == b.comparison && a.severity == b.severity &&
         std::bit_cast<std::uint64_t>(a.number) == std::bit_cast<std::uint64_t>(b.number) &&
         a.values == b.values && same_pattern(a.pattern, b.pattern) && a.networks == b.networks;
}

bool same_exchange(const ExchangePolicy& a, const ExchangePolicy& b) {
  return a.expect == b.expect && a.send == b.send && a.substring == b.substring &&
         same_pattern(a.pattern, b.pattern);
}

}  // namespace

bool same_policy(const CheckPolicy& a, const CheckPolicy& b) {
  return a.timeout_ms == b.timeout_ms && a.interval_ms == b.interval_ms &&
         a.max_retries == b.max_retries && a.retry_delay_ms == b.retry_delay_ms &&
         a.ip_family == b.ip_family && a.addresses == b.addresses &&
         a.should_fail == b.should_fail && a.source_address == b.source_address && a.tls == b.tls &&
         a.alert == b.alert && same_exchange(a.exchange, b.exchange) &&
         a.locations == b.locations &&
         std::equal(a.assertions.begin(), a.assertions.end(), b.assertions.begin(),
                    b.assertions.end(), same_assertion);
}

std::uint64_t policy_hash(const CheckPolicy& policy) {
  Hasher hasher;
  hasher.number(static_cast<std::uint64_t>(policy.timeout_ms));
  hasher.number(static_cast<std::uint64_t>(policy.interval_ms));
  hasher.number(static_cast<std::uint64_t>(policy.retry_delay_ms));
  hasher.number(static_cast<std::uint64_t>(policy.max_retries) |
                static_cast<std::uint64_t>(policy.ip_family) << 32 |
                static_cast<std::uint64_t>(policy.addresses) << 40 |
                static_cast<std::uint64_t>(policy.should_fail) << 48);
  hasher.address(policy.source_address);
  add(hasher, policy.tls);
  hasher.number(static_cast<std::uint64_t>(policy.exchange.expect));
  hasher.text(policy.exchange.send);
  hasher.text(policy.exchange.substring);
  hasher.pattern(policy.exchange.pattern);
  hasher.number(static_cast<std::uint64_t>(policy.alert.after) |
                static_cast<std::uint64_t>(policy.alert.recover_after) << 32);
  hasher.number(static_cast<std::uint64_t>(policy.alert.repeat_every_ms));
  hasher.number(policy.assertions.size());
  for (const Assertion& assertion : policy.assertions) add(hasher, assertion);
  hasher.texts(policy.locations);
  return hasher.result();
}

std::uint32_t PolicyInterner::intern(const CheckPolicy& policy) {
  if (!policies_.empty() && same_policy(*policies_[latest_], policy)) return latest_;
  const std::uint64_t hash = policy_hash(policy);
  const auto same = [&](std::uint32_t index) { return same_policy(*policies_[index], policy); };
  if (const auto found = index_.find(hash, same)) return latest_ = *found;
  latest_ = static_cast<std::uint32_t>(policies_.size());
  policies_.push_back(std::make_shared<const CheckPolicy>(policy));
  index_.insert(hash, latest_);
  return latest_;
}

}  // namespace tracer::engine
