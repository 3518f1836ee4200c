#include "engine/resolver.h"

#include <algorithm>
#include <cassert>
#include <iterator>

#include "engine/ares_client.h"
#include "engine/dns_name.h"
#include "engine/limits.h"

namespace tracer::engine {
namespace {

constexpr std::int64_t kMillisecondNs = 1'000'000;
constexpr std::int64_t kSecondNs = 1000 * kMillisecondNs;
constexpr std::int64_t kMinTtlNs = 1 * kSecondNs;
constexpr std::int64_t kMaxTtlNs = 3600 * kSecondNs;
constexpr std::int64_t kMinNegativeTtlNs = 5 * kSecondNs;
constexpr std::int64_t kMaxNegativeTtlNs = 30 * kSecondNs;
constexpr std::int64_t kDefaultNegativeTtlNs = 10 * kSecondNs;
constexpr std::int64_t kServerFailureTtlNs = 5 * kSecondNs;
// Where one of the two questions failed, it is put again before the other's answer is old.
constexpr std::int64_t kMaxHalfTtlNs = 30 * kSecondNs;
constexpr std::int64_t kKeepStaleNs = 24 * 3600 * kSecondNs;
constexpr std::int64_t kRecheckStaleNs = 30 * kSecondNs;

Answer failure(FailureCode code, std::string detail) {
  return {.failure = code, .detail = std::move(detail)};
}

Answer make_answer(std::vector<IpAddress> addresses) {
  auto list = std::make_shared<AddressList>();
  list->addresses = std::move(addresses);
  if (list->addresses.size() > limits::kMaxAddresses) {
    list->addresses.resize(limits::kMaxAddresses);
  }
  return {.addresses = std::move(list)};
}

constexpr RecordType kRecordTypes[] = {RecordType::kA, RecordType::kAaaa};
constexpr std::string_view kRecordNames[] = {"A", "AAAA"};

constexpr std::uint32_t question_id(std::uint32_t lookup, std::size_t type) {
  return lookup * 2 + static_cast<std::uint32_t>(type);
}

}  // namespace

tl::expected<std::unique_ptr<Resolver>, std::string> Resolver::create(const Options& options,
                                                                      Ring& ring) {
  const auto refuse = [](std::string_view option) {
    return tl::unexpected(std::string(option) + " of the resolver is out of bounds");
  };
  if (options.timeout_ms < 1 || options.timeout_ms > 60'000) return refuse("timeout_ms");
  if (options.tries < 1 || options.tries > 10) return refuse("tries");
  if (options.partner_delay_ms < 0) return refuse("partner_delay_ms");
  if (options.stale_after_ms < 0) return refuse("stale_after_ms");
  if (options.max_queries < 1 || options.max_queries > 10'000) return refuse("max_queries");
  if (options.cache_entries < 1) return refuse("cache_entries");
  auto client = make_ares_client(
      {.servers = options.servers, .timeout_ms = options.timeout_ms, .tries = options.tries}, ring);
  if (!client) return tl::unexpected(client.error());
  return std::make_unique<Resolver>(
      options, std::move(*client),
      options.hosts_file.empty() ? HostsFile() : HostsFile::read(options.hosts_file),
      kernel_source);
}

Resolver::Resolver(const Options& options, std::unique_ptr<DnsClient> client, HostsFile hosts,
                   SourceFinder source_of)
    : options_(options),
      client_(std::move(client)),
      hosts_(std::move(hosts)),
      source_of_(std::move(source_of)),
      cache_(options.cache_entries) {}

Resolver::~Resolver() = default;

NameStatistics Resolver::statistics() const {
  NameStatistics statistics = statistics_;
  statistics.entries = cache_.size();
  statistics.waiting = by_waiter_.size();
  return statistics;
}

std::optional<Answer> Resolver::resolve(std::string_view host, IpFamily family,
                                        std::uint32_t waiter, std::int64_t now_ns) {
  assert(!by_waiter_.contains(waiter));
  if (const auto literal = IpAddress::parse(host)) {
    if (family == IpFamily::kAny || literal->family == static_cast<int>(family)) {
      return make_answer({*literal});
    }
    return failure(FailureCode::kDnsNoAddress, "the host is an address of the other family");
  }
  DnsName name(host);
  if (!name.valid()) return failure(FailureCode::kDnsNotFound, "DNS can hold no such name");
  if (auto addresses = hosts_.find(name.text(), family); !addresses.empty()) {
    order_addresses(addresses, source_of_);
    return make_answer(std::move(addresses));
  }

  const std::string_view key = name.key(family);
  if (const auto hit = cache_.find(key, now_ns); hit.answer != nullptr) {
    ++statistics_.hits;
    if (hit.revived) ++statistics_.stale;
    return *hit.answer;
  }
  ++statistics_.misses;
  const auto found = by_key_.find(std::string(key));
  const LookupIndex index =
      found != by_key_.end() ? found->second : start_lookup(key, family, now_ns);
  Lookup& lookup = lookups_[index];
  lookup.waiters.push_back(waiter);
  ++lookup.waiting;
  by_waiter_.emplace(waiter, index);
  ask_queued(now_ns);
  drain_replies(now_ns);
  return std::nullopt;
}

Resolver::LookupIndex Resolver::start_lookup(std::string_view key, IpFamily family,
                                             std::int64_t now_ns) {
  LookupIndex index;
  if (free_.empty()) {
    index = static_cast<LookupIndex>(lookups_.size());
    lookups_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Lookup& lookup = lookups_[index];
  lookup.key = key;
  lookup.questions[0].wanted = family != IpFamily::kV6;
  lookup.questions[1].wanted = family != IpFamily::kV4;
  for (std::size_t type = 0; type < 2; ++type) {
    if (lookup.questions[type].wanted) queue_.push_back(question_id(index, type));
  }
  by_key_.emplace(lookup.key, index);
  if (cache_.has_stale(key, now_ns)) {
    set_timer(index, now_ns + options_.stale_after_ms * kMillisecondNs);
  }
  return index;
}

void Resolver::ask_queued(std::int64_t now_ns) {
  while (!queue_.empty() && under_way_ < options_.max_queries) {
    const std::uint32_t id = queue_.front();
    queue_.pop_front();
    Lookup& lookup = lookups_[id / 2];
    Question& question = lookup.questions[id % 2];
    const bool partner_asked = lookup.questions[1 - id % 2].asked;
    if (lookup.waiting == 0 && !partner_asked) {
      // All who wanted it gave up before its turn. The questions of a lookup queue side by side.
      if (!queue_.empty() && queue_.front() / 2 == id / 2) queue_.pop_front();
      end_lookup(id / 2);
      continue;
    }
    question.asked = true;
    question.asked_ns = now_ns;
    ++under_way_;
    ++statistics_.queries;
    client_->ask(DnsName::of_key(lookup.key), kRecordTypes[id % 2], id, now_ns);
  }
}

void Resolver::on_completion(const Completion& completion, std::int64_t now_ns) {
  client_->on_completion(completion, now_ns);
  drain_replies(now_ns);
}

std::int64_t Resolver::next_deadline_ns() const {
  if (!answers_.empty()) return 0;  // to be taken now
  const std::int64_t own = timers_.empty() ? kNoDeadline : timers_.begin()->first;
  return std::min(own, client_->next_deadline_ns());
}

void Resolver::expire(std::int64_t now_ns) {
  client_->expire(now_ns);
  drain_replies(now_ns);
  while (!timers_.empty() && timers_.begin()->first <= now_ns) {
    const LookupIndex index = timers_.begin()->second;
    set_timer(index, kNoDeadline);
    on_timer(index, now_ns);
  }
}

// Replies may make room to ask more, and asking may be answered at once.
void Resolver::drain_replies(std::int64_t now_ns) {
  client_->take_replies(replies_);
  while (!replies_.empty()) {
    for (DnsReply& reply : std::exchange(replies_, {})) on_reply(std::move(reply), now_ns);
    ask_queued(now_ns);
    client_->take_replies(replies_);
  }
}

void Resolver::on_reply(DnsReply reply, std::int64_t now_ns) {
  const LookupIndex index = reply.id / 2;
  Lookup& lookup = lookups_[index];
  Question& question = lookup.questions[reply.id % 2];
  assert(question.asked && !question.answered && under_way_ > 0);
  --under_way_;
  if (reply.status != DnsStatus::kNoAnswer && reply.status != DnsStatus::kLocalFailure) {
    last_life_ns_ = now_ns;
  }
  question.answered = true;
  question.reply = std::move(reply);
  const Question& partner = lookup.questions[1 - question.reply.id % 2];
  if (partner.wanted && !partner.answered) {
    if (question.reply.status == DnsStatus::kAddresses) {
      set_timer(index, now_ns + options_.partner_delay_ms * kMillisecondNs);
    }
    return;
  }
  publish(index, now_ns);
  end_lookup(index);
}

// Either one question has its answer and the other has been waited for long enough, or nothing has
// come and a stale answer is better than none.
void Resolver::on_timer(LookupIndex index, std::int64_t now_ns) {
  const bool addresses =
      std::ranges::any_of(lookups_[index].questions, [](const Question& question) {
        return question.answered && question.reply.status == DnsStatus::kAddresses;
      });
  if (addresses) {
    publish(index, now_ns);
  } else {
    serve_stale(index, now_ns);
  }
}

bool Resolver::serve_stale(LookupIndex index, std::int64_t now_ns) {
  Lookup& lookup = lookups_[index];
  const Answer* stale = cache_.revive(lookup.key, now_ns, now_ns + kRecheckStaleNs);
  if (stale == nullptr) return false;
  statistics_.stale += lookup.waiting;
  answer_waiters(index, *stale);
  return true;
}

// Answers whoever waits by what has come so far, and keeps it.
void Resolver::publish(LookupIndex index, std::int64_t now_ns) {
  Lookup& lookup = lookups_[index];
  std::vector<IpAddress> addresses;
  std::int64_t ttl_ns = kMaxTtlNs;
  for (const Question& question : lookup.questions) {
    if (!question.answered) continue;
    const DnsReply& reply = question.reply;
    std::ranges::copy(reply.addresses, std::back_inserter(addresses));
    if (reply.status == DnsStatus::kAddresses) {
      ttl_ns = std::min(ttl_ns, std::max(reply.ttl_s, std::int64_t{0}) * kSecondNs);
    } else if (reply.status != DnsStatus::kNoData) {
      ttl_ns = std::min(ttl_ns, kMaxHalfTtlNs);
    }
  }
  if (!addresses.empty()) {
    order_addresses(addresses, source_of_);
    const Answer answer = make_answer(std::move(addresses));
    const std::int64_t expires_ns = now_ns + std::max(ttl_ns, kMinTtlNs);
    cache_.put(lookup.key, answer, expires_ns, expires_ns + kKeepStaleNs);
    answer_waiters(index, answer);
    return;
  }
  const Answer answer = failure_of(lookup, now_ns);
  const bool ours =
      answer.failure == FailureCode::kDnsTimeout || answer.failure == FailureCode::kLocalResources;
  if (ours && serve_stale(index, now_ns)) return;
  ++statistics_.failures;
  if (!ours) {
    const std::int64_t expires_ns = now_ns + failure_ttl_ns(lookup, answer.failure);
    cache_.put(lookup.key, answer, expires_ns, expires_ns);
  }
  answer_waiters(index, answer);
}

std::int64_t Resolver::failure_ttl_ns(const Lookup& lookup, FailureCode code) {
  if (code == FailureCode::kDnsServerFailure) return kServerFailureTtlNs;
  std::int64_t ttl_ns = kMaxNegativeTtlNs;
  for (const Question& question : lookup.questions) {
    if (!question.answered) continue;
    const std::int64_t ttl_s = question.reply.ttl_s;
    ttl_ns = std::min(ttl_ns, ttl_s < 0 ? kDefaultNegativeTtlNs : ttl_s * kSecondNs);
  }
  return std::max(ttl_ns, kMinNegativeTtlNs);
}

// The gravest of what the questions met, in the order in which it tells most about the name.
Answer Resolver::failure_of(const Lookup& lookup, std::int64_t now_ns) const {
  const Question* found[6] = {};
  std::string types;
  for (std::size_t type = 0; type < 2; ++type) {
    const Question& question = lookup.questions[type];
    if (!question.wanted) continue;
    const auto status = question.answered ? question.reply.status : DnsStatus::kNoAnswer;
    found[static_cast<std::size_t>(status)] = &question;
    types += (types.empty() ? "" : " or ") + std::string(kRecordNames[type]);
  }
  const auto met = [&](DnsStatus status) { return found[static_cast<std::size_t>(status)]; };
  if (met(DnsStatus::kNotFound) != nullptr) {
    return failure(FailureCode::kDnsNotFound, met(DnsStatus::kNotFound)->reply.detail);
  }
  if (met(DnsStatus::kServerFailure) != nullptr) {
    return failure(FailureCode::kDnsServerFailure, met(DnsStatus::kServerFailure)->reply.detail);
  }
  if (met(DnsStatus::kNoAnswer) != nullptr) return silence(*met(DnsStatus::kNoAnswer), now_ns);
  if (met(DnsStatus::kLocalFailure) != nullptr) {
    return failure(FailureCode::kLocalResources, met(DnsStatus::kLocalFailure)->reply.detail);
  }
  return failure(FailureCode::kDnsNoAddress, "the name has no " + types + " record");
}

// Whose fault it is that nothing came: see the head of the header.
Answer Resolver::silence(const Question& question, std::int64_t now_ns) const {
  if (!question.asked) {
    return failure(FailureCode::kDnsTimeout, "too many questions are before it in the queue");
  }
  const std::int64_t waited_ns = now_ns - question.asked_ns;
  const bool repeated = waited_ns >= 2 * client_->retry_after_ns();
  const bool alive = last_life_ns_ >= question.asked_ns + waited_ns / 2;
  if (repeated && alive) {
    return failure(FailureCode::kDnsServerFailure,
                   client_->servers() + " answers for other names, but not for this one");
  }
  return failure(FailureCode::kDnsTimeout, "no answer from " + client_->servers());
}

Answer Resolver::give_up(std::uint32_t waiter, std::int64_t now_ns) {
  Answer answer;
  if (const auto found = by_waiter_.find(waiter); found != by_waiter_.end()) {
    answer = failure_of(lookups_[found->second], now_ns);
  } else {
    const auto ready =
        std::ranges::find(answers_, waiter, &std::pair<std::uint32_t, Answer>::first);
    assert(ready != answers_.end());
    answer = ready->second;
  }
  forget(waiter);
  return answer;
}

void Resolver::forget(std::uint32_t waiter) {
  if (const auto found = by_waiter_.find(waiter); found != by_waiter_.end()) {
    --lookups_[found->second].waiting;
    by_waiter_.erase(found);
    return;
  }
  std::erase_if(answers_, [waiter](const auto& answer) { return answer.first == waiter; });
}

std::span<const std::pair<std::uint32_t, Answer>> Resolver::take_answers() {
  taken_.clear();
  taken_.swap(answers_);
  return taken_;
}

void Resolver::answer_waiters(LookupIndex index, const Answer& answer) {
  Lookup& lookup = lookups_[index];
  for (const std::uint32_t waiter : lookup.waiters) {
    const auto found = by_waiter_.find(waiter);
    if (found == by_waiter_.end() || found->second != index) continue;  // gave up
    by_waiter_.erase(found);
    answers_.emplace_back(waiter, answer);
  }
  lookup.waiters.clear();
  lookup.waiting = 0;
}

void Resolver::end_lookup(LookupIndex index) {
  set_timer(index, kNoDeadline);
  by_key_.erase(lookups_[index].key);
  lookups_[index] = Lookup();
  free_.push_back(index);
}

void Resolver::set_timer(LookupIndex index, std::int64_t timer_ns) {
  Lookup& lookup = lookups_[index];
  if (lookup.timer_ns != kNoDeadline) timers_.erase({lookup.timer_ns, index});
  lookup.timer_ns = timer_ns;
  if (timer_ns != kNoDeadline) timers_.emplace(timer_ns, index);
}

}  // namespace tracer::engine
