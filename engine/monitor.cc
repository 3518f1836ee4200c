#include "engine/monitor.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cassert>

#include "engine/hash_index.h"
#include "engine/policy_interner.h"

namespace tracer::engine {
namespace {

constexpr std::size_t kIdDigits = 16;

std::string hexadecimal(std::uint64_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(kIdDigits, '0');
  for (std::size_t at = kIdDigits; at-- > 0; value >>= 4) text[at] = kDigits[value & 0xF];
  return text;
}

// The hash that an explicit id stands for, when it is written as a derived one is.
std::optional<std::uint64_t> as_derived_id(std::string_view id) {
  if (id.size() != kIdDigits) return std::nullopt;
  std::uint64_t value = 0;
  for (const char digit : id) {
    const bool decimal = digit >= '0' && digit <= '9';
    if (!decimal && (digit < 'a' || digit > 'f')) return std::nullopt;
    value = value << 4 | static_cast<std::uint64_t>(decimal ? digit - '0' : digit - 'a' + 10);
  }
  return value;
}

std::uint64_t text_hash(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

std::string host_and_port(const MonitorSpec& spec) {
  const bool literal6 = spec.host.find(':') != std::string::npos;
  const std::string port = std::to_string(spec.port);
  return literal6 ? "[" + spec.host + "]:" + port : spec.host + ":" + port;
}

}  // namespace

std::string MonitorSet::id(const Monitor& monitor) const {
  return monitor.id.length != 0 ? std::string(text(monitor.id)) : hexadecimal(monitor.id_hash);
}

std::uint64_t derived_id_hash(std::string_view name, std::string_view host, std::uint16_t port,
                              const TlsPolicy& tls) {
  // The parts are told apart by NUL bytes, which none of them can contain.
  std::string key;
  key.reserve(name.size() + host.size() + 32);
  key.append(name).push_back('\0');
  key.append(host).push_back('\0');
  key.append(std::to_string(port)).push_back('\0');
  if (!tls.enabled) {
    key.append("tcp");
  } else if (tls.starttls == StarttlsProtocol::kNone) {
    key.append("tls");
  } else {
    key.append("starttls+").append(starttls_name(tls.starttls));
  }
  return text_hash(key);
}

struct MonitorSetBuilder::Interner {
  PolicyInterner policies;
  HashIndex ids;          // of set_.monitors_
  HashIndex label_sets;   // of set_.label_sets_
  HashIndex label_texts;  // of `texts`
  std::vector<TextRange> texts;
  std::vector<LabelList::Item> items;  // of the monitor being added
};

MonitorSetBuilder::MonitorSetBuilder() : interner_(std::make_unique<Interner>()) {}
MonitorSetBuilder::~MonitorSetBuilder() = default;

std::size_t MonitorSetBuilder::size() const { return set_.size(); }
std::size_t MonitorSetBuilder::text_bytes() const { return set_.arena_.size(); }

TextRange MonitorSetBuilder::append(std::string_view text) {
  assert(set_.arena_.size() + text.size() <= UINT32_MAX);
  const TextRange range{static_cast<std::uint32_t>(set_.arena_.size()),
                        static_cast<std::uint32_t>(text.size())};
  set_.arena_.append(text);
  return range;
}

TextRange MonitorSetBuilder::intern_text(std::string_view text) {
  Interner& in = *interner_;
  const std::uint64_t hash = text_hash(text);
  const auto same = [&](std::uint32_t index) { return set_.text(in.texts[index]) == text; };
  if (const auto found = in.label_texts.find(hash, same)) return in.texts[*found];
  in.label_texts.insert(hash, static_cast<std::uint32_t>(in.texts.size()));
  in.texts.push_back(append(text));
  return in.texts.back();
}

std::uint32_t MonitorSetBuilder::intern_labels(const Labels& labels) {
  if (labels.empty()) return 0;
  Interner& in = *interner_;
  in.items.clear();
  std::uint64_t hash = labels.size();
  for (const auto& [key, value] : labels) {
    in.items.push_back({intern_text(key), intern_text(value)});
    // Equal texts lie at one place, so places stand for texts.
    const LabelList::Item& item = in.items.back();
    hash = (hash ^ item.key.offset) * 0x9E37'79B9'7F4A'7C15ULL;
    hash = (hash ^ item.value.offset) * 0x9E37'79B9'7F4A'7C15ULL;
  }
  const auto same_item = [](const LabelList::Item& a, const LabelList::Item& b) {
    return a.key == b.key && a.value == b.value;
  };
  const auto same = [&](std::uint32_t index) {
    const MonitorSet::LabelSet& set = set_.label_sets_[index];
    const LabelList::Item* first = set_.label_items_.data() + set.first;
    return std::equal(in.items.begin(), in.items.end(), first, first + set.count, same_item);
  };
  if (const auto found = in.label_sets.find(hash, same)) return *found;
  const auto index = static_cast<std::uint32_t>(set_.label_sets_.size());
  set_.label_sets_.push_back({static_cast<std::uint32_t>(set_.label_items_.size()),
                              static_cast<std::uint32_t>(in.items.size())});
  set_.label_items_.insert(set_.label_items_.end(), in.items.begin(), in.items.end());
  in.label_sets.insert(hash, index);
  return index;
}

tl::expected<std::uint32_t, MonitorSetBuilder::Duplicate> MonitorSetBuilder::add(
    const MonitorSpec& spec) {
  const std::string address = spec.name.empty() ? host_and_port(spec) : std::string();
  const std::string_view name = spec.name.empty() ? std::string_view(address) : spec.name;
  const auto given_hash = as_derived_id(spec.id);
  const bool keeps_id = !spec.id.empty() && !given_hash;

  Monitor monitor;
  monitor.id_hash = spec.id.empty() ? derived_id_hash(name, spec.host, spec.port, spec.policy.tls)
                                    : given_hash.value_or(text_hash(spec.id));
  const auto same_id = [&](std::uint32_t index) {
    const Monitor& other = set_.monitors_[index];
    return other.id_hash == monitor.id_hash &&
           set_.text(other.id) == (keeps_id ? std::string_view(spec.id) : std::string_view());
  };
  if (const auto first = interner_->ids.find(monitor.id_hash, same_id)) {
    return tl::make_unexpected(Duplicate{*first});
  }

  monitor.name = append(name);
  if (spec.name.empty()) {  // the host is a part of the name
    const std::uint32_t bracket = name.front() == '[' ? 1 : 0;
    monitor.host = {monitor.name.offset + bracket, static_cast<std::uint32_t>(spec.host.size())};
  } else {
    monitor.host = append(spec.host);
  }
  if (keeps_id) monitor.id = append(spec.id);
  if (!spec.server_name.empty()) {
    monitor.server_name = spec.server_name == spec.host ? monitor.host : append(spec.server_name);
  } else if (!IpAddress::parse(spec.host)) {
    monitor.server_name = monitor.host;
  }
  monitor.policy = interner_->policies.intern(spec.policy);
  monitor.labels = intern_labels(spec.labels);
  monitor.port = spec.port;
  monitor.enabled = spec.enabled;
  const auto index = static_cast<std::uint32_t>(set_.monitors_.size());
  interner_->ids.insert(monitor.id_hash, index);
  set_.monitors_.push_back(monitor);
  return index;
}

MonitorSet MonitorSetBuilder::build() && {
  set_.policies_ = std::move(interner_->policies).take();
  interner_ = std::make_unique<Interner>();
  set_.arena_.shrink_to_fit();
  set_.monitors_.shrink_to_fit();
  set_.label_sets_.shrink_to_fit();
  set_.label_items_.shrink_to_fit();
  return std::move(set_);
}

}  // namespace tracer::engine
