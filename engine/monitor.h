// What is to be watched: monitors as compact values. A MonitorSet is built once (by an import or
// by hand through MonitorSetBuilder), is immutable from then on, and is read by every thread.
//
// A fleet's monitors differ in host and name and share nearly everything else; so a Monitor is a
// few words, its texts lie in one arena, and all that is shared is an interned CheckPolicy.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "engine/assertion.h"
#include "engine/ip_address.h"
#include "engine/pattern.h"
#include "engine/starttls_protocol.h"
#include "ssl/protocol.h"

namespace tracer::engine {

enum class IpFamily : std::uint8_t { kAny = 0, kV4 = 4, kV6 = 6 };
enum class AddressMode : std::uint8_t { kAny, kAll };

struct TlsPolicy {
  bool enabled = false;
  bool verify = true;
  bool skip_hostname_verify = false;
  ssl::ProtocolVersion min_version = ssl::ProtocolVersion::kTls12;
  ssl::ProtocolVersion max_version = ssl::ProtocolVersion::kTls13;
  StarttlsProtocol starttls = StarttlsProtocol::kNone;  // `auto` is resolved before this point
  std::int64_t alert_before_expiry_s = 0;               // 0: none
  std::string ca_file;                                  // empty: the system's trust store
  std::vector<std::string> crl_files;                   // revocation lists; empty: none is asked
  std::string cert_file;
  std::string key_file;
  std::vector<std::string> alpn;
  bool operator==(const TlsPolicy&) const = default;
};

// Bytes to send once connected, and what must come back. At most one kind of expectation.
struct ExchangePolicy {
  enum class Expect : std::uint8_t { kNothing, kSubstring, kPattern };
  std::string send;
  Expect expect = Expect::kNothing;
  std::string substring;  // bytes; text and hexadecimal notation both end here
  std::shared_ptr<const Pattern> pattern;
  bool wanted() const { return !send.empty() || expect != Expect::kNothing; }
};

struct AlertPolicy {
  std::uint32_t after = 1;           // consecutive failed checks
  std::uint32_t recover_after = 1;   // consecutive good checks
  std::int64_t repeat_every_ms = 0;  // 0: never
  bool operator==(const AlertPolicy&) const = default;
};

// Everything monitors share. Interned: equal policies are one object.
struct CheckPolicy {
  std::int64_t timeout_ms = 10'000;
  std::int64_t interval_ms = 60'000;
  std::uint32_t max_retries = 0;  // 0: no retry
  std::int64_t retry_delay_ms = 5'000;
  IpFamily ip_family = IpFamily::kAny;
  AddressMode addresses = AddressMode::kAny;
  bool should_fail = false;
  IpAddress source_address;  // family 0: the kernel's choice
  TlsPolicy tls;
  ExchangePolicy exchange;
  AlertPolicy alert;
  std::vector<Assertion> assertions;   // empty: connection success
  std::vector<std::string> locations;  // empty: all
};

using Labels = std::vector<std::pair<std::string, std::string>>;  // sorted by key, keys unique

// One monitor as a document or a command line states it, defaults applied.
struct MonitorSpec {
  std::string name;  // empty: host:port
  std::string id;    // empty: derived
  std::string host;  // without brackets
  std::uint16_t port = 0;
  bool enabled = true;
  std::string server_name;  // empty: host, unless that is an IP literal
  Labels labels;
  CheckPolicy policy;
};

// A piece of the set's arena.
struct TextRange {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  bool operator==(const TextRange&) const = default;
};

struct Monitor {
  // Partitions monitors over shards and spreads their starts. An id that a document gives as 16
  // lower-case hexadecimal digits is its own hash, so a derived id may be written back as one.
  std::uint64_t id_hash = 0;
  TextRange name;
  TextRange id;  // length 0: the id is id_hash in hexadecimal
  TextRange host;
  TextRange server_name;  // for SNI; length 0 where the host is an IP literal and no name is given
  std::uint32_t policy = 0;
  std::uint32_t labels = 0;
  std::uint16_t port = 0;
  bool enabled = true;
  bool retired = false;  // left over from an earlier revision of the set: never to be checked again
};

// The labels of one monitor, sorted by key: views into the set's arena, valid as long as the set.
class LabelList {
 public:
  struct Item {
    TextRange key;
    TextRange value;
  };
  class Iterator {
   public:
    Iterator(const char* arena, const Item* item) : arena_(arena), item_(item) {}
    std::pair<std::string_view, std::string_view> operator*() const {
      return {{arena_ + item_->key.offset, item_->key.length},
              {arena_ + item_->value.offset, item_->value.length}};
    }
    Iterator& operator++() {
      ++item_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return item_ != other.item_; }

   private:
    const char* arena_;
    const Item* item_;
  };

  LabelList(const char* arena, const Item* first, std::size_t count)
      : arena_(arena), first_(first), count_(count) {}
  Iterator begin() const { return {arena_, first_}; }
  Iterator end() const { return {arena_, first_ + count_}; }
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }

 private:
  const char* arena_;
  const Item* first_;
  std::size_t count_;
};

class MonitorSet {
 public:
  std::size_t size() const { return monitors_.size(); }
  const Monitor& at(std::uint32_t index) const { return monitors_[index]; }
  const std::vector<Monitor>& monitors() const { return monitors_; }
  const CheckPolicy& policy(const Monitor& monitor) const { return *policies_[monitor.policy]; }
  std::size_t policy_count() const { return policies_.size(); }
  const CheckPolicy& policy_at(std::uint32_t index) const { return *policies_[index]; }
  LabelList labels(const Monitor& monitor) const {
    const LabelSet& set = label_sets_[monitor.labels];
    return {arena_.data(), label_items_.data() + set.first, set.count};
  }
  std::string_view text(TextRange range) const {
    return std::string_view(arena_).substr(range.offset, range.length);
  }
  std::string_view name(const Monitor& monitor) const { return text(monitor.name); }
  std::string_view host(const Monitor& monitor) const { return text(monitor.host); }
  std::string id(const Monitor& monitor) const;
  // SNI and the name to verify; for an IP literal without a server_name this is the address.
  std::string_view verified_name(const Monitor& monitor) const {
    return monitor.server_name.length != 0 ? text(monitor.server_name) : host(monitor);
  }

 private:
  friend class MonitorSetBuilder;
  friend class Reviser;
  std::string arena_;
  std::vector<Monitor> monitors_;
  std::vector<std::shared_ptr<const CheckPolicy>> policies_;  // shared with other revisions
  struct LabelSet {
    std::uint32_t first = 0;  // index into label_items_
    std::uint32_t count = 0;
  };
  std::vector<LabelSet> label_sets_ = std::vector<LabelSet>(1);  // the first is the empty one
  std::vector<LabelList::Item> label_items_;
};

// What an id is made of when none is given; `id` is this in 16 hexadecimal digits. Stable: a
// monitor keeps its identity over restarts, releases and machines.
std::uint64_t derived_id_hash(std::string_view name, std::string_view host, std::uint16_t port,
                              const TlsPolicy& tls);

class MonitorSetBuilder {
 public:
  MonitorSetBuilder();
  ~MonitorSetBuilder();

  // Adds a monitor and returns its index; or, when its id is taken, the index of the holder.
  // REQUIRES: spec within limits.h (the importer has checked and located what is not).
  struct Duplicate {
    std::uint32_t first;
  };
  tl::expected<std::uint32_t, Duplicate> add(const MonitorSpec& spec);
  std::size_t size() const;
  // Bytes of text held so far; a set holds less than 4 GiB, which the importer checks.
  std::size_t text_bytes() const;
  MonitorSet build() &&;

 private:
  struct Interner;
  TextRange append(std::string_view text);
  TextRange intern_text(std::string_view text);
  std::uint32_t intern_labels(const Labels& labels);

  MonitorSet set_;
  std::unique_ptr<Interner> interner_;
};

}  // namespace tracer::engine
