#include "ssl/policies.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>

#include "ssl/path_rules.h"

namespace tracer::ssl {
namespace {

constexpr std::string_view kAnyPolicy = "2.5.29.32.0";

// The policies that hold so far. With no set of wanted policies, the tree of the RFC comes down to
// the expected policies of its deepest level.
class Policies {
 public:
  explicit Policies(std::size_t certificates)
      : explicit_(certificates + 1), mapping_(certificates + 1), any_allowed_(certificates + 1) {}

  bool fails() const { return explicit_ == 0 && !any_ && held_.empty(); }

  // Steps (d) and (e) of section 6.1.3.
  void meet(const CertificateView& certificate, bool leaf) {
    const std::vector<std::string>& stated = certificate.extensions.policies;
    const bool any_counts = any_allowed_ > 0 || (!leaf && certificate.self_issued());
    const bool any = any_counts && std::ranges::find(stated, kAnyPolicy) != stated.end();
    std::set<std::string> met;
    for (const std::string& policy : stated) {
      if (policy != kAnyPolicy && (any_ || held_.contains(policy))) met.insert(policy);
    }
    if (any) met.insert(held_.begin(), held_.end());
    held_ = std::move(met);
    any_ = any_ && any;
  }

  // Section 6.1.4, for a CA.
  void go_below(const CertificateView& ca) {
    map(ca.extensions.policy_mappings);
    if (!ca.self_issued()) {
      for (std::size_t* counter : {&explicit_, &mapping_, &any_allowed_}) {
        if (*counter > 0) --*counter;
      }
    }
    lower(explicit_, ca.extensions.require_explicit_policy);
    lower(mapping_, ca.extensions.inhibit_policy_mapping);
    lower(any_allowed_, ca.extensions.inhibit_any_policy);
  }

  // Section 6.1.5, for the leaf.
  void wrap_up(const CertificateView& leaf) {
    if (explicit_ > 0) --explicit_;
    if (leaf.extensions.require_explicit_policy == 0U) explicit_ = 0;
  }

 private:
  static void lower(std::size_t& counter, const std::optional<std::uint32_t>& limit) {
    if (limit) counter = std::min<std::size_t>(counter, *limit);
  }

  void map(const std::vector<std::pair<std::string, std::string>>& mappings) {
    std::set<std::string> reached;
    for (const auto& [from, to] : mappings) {
      if (mapping_ > 0 && (any_ || held_.contains(from))) reached.insert(to);
    }
    for (const auto& [from, to] : mappings) held_.erase(from);
    held_.merge(reached);
  }

  std::size_t explicit_;
  std::size_t mapping_;
  std::size_t any_allowed_;
  bool any_ = true;  // every policy holds
  std::set<std::string> held_;
};

}  // namespace

std::string policy_fault(std::span<const CertificateView* const> path) {
  Policies policies(path.size());
  for (std::size_t i = path.size(); i-- > 0;) {
    const CertificateView& certificate = *path[i];
    policies.meet(certificate, i == 0);
    if (!policies.fails() && i > 0) policies.go_below(certificate);
    if (i == 0) policies.wrap_up(certificate);
    if (policies.fails()) {
      return "a policy is required of " + short_subject(certificate) + ", and none of it holds";
    }
  }
  return {};
}

}  // namespace tracer::ssl
