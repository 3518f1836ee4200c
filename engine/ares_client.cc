#include "engine/ares_client.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>

#include "engine/dns_message.h"

namespace tracer::engine {
namespace {

constexpr std::int64_t kNanosecondsPerMillisecond = 1'000'000;
constexpr std::uint64_t kGenerationMask = (1U << 24) - 1;
constexpr int kEdnsPayloadBytes = 1232;  // fits every path's MTU
constexpr int kReceiveBufferBytes = 1 << 20;
constexpr int kMaxRecords = 64;  // of one answer, looked at

// Sockets as c-ares would make them, but that a TCP server which goes away must not raise SIGPIPE
// in whatever program the engine is part of.
ares_socket_t open_socket(int family, int type, int protocol, void*) {
  const int descriptor = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  if (descriptor >= 0 && type == SOCK_DGRAM) {
    // As much as the machine grants; that it grants less is no failure.
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &kReceiveBufferBytes, sizeof kReceiveBufferBytes);
  }
  return descriptor;
}
int close_socket(ares_socket_t descriptor, void*) { return close(descriptor); }
int connect_socket(ares_socket_t descriptor, const sockaddr* address, ares_socklen_t length,
                   void*) {
  return connect(descriptor, address, length);
}
ares_ssize_t receive_from(ares_socket_t descriptor, void* buffer, std::size_t size, int flags,
                          sockaddr* address, ares_socklen_t* length, void*) {
  return recvfrom(descriptor, buffer, size, flags, address, length);
}
ares_ssize_t send_vector(ares_socket_t descriptor, const iovec* pieces, int count, void*) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces);
  message.msg_iovlen = static_cast<std::size_t>(count);
  const ares_ssize_t sent = sendmsg(descriptor, &message, MSG_NOSIGNAL);
  if (sent >= 0 || errno != ECONNREFUSED) return sent;
  // That is how an earlier datagram fared, of another question that shares the socket. Taken for
  // this one's fate, the other would never hear of it; sent anew, this one brings it to light.
  return sendmsg(descriptor, &message, MSG_NOSIGNAL);
}
constexpr ares_socket_functions kSocketFunctions = {open_socket, close_socket, connect_socket,
                                                    receive_from, send_vector};

DnsStatus status_of(int status) {
  switch (status) {
    case ARES_SUCCESS:
      return DnsStatus::kAddresses;
    case ARES_ENODATA:
      return DnsStatus::kNoData;
    case ARES_ENOTFOUND:
    case ARES_EBADNAME:
      return DnsStatus::kNotFound;
    case ARES_ETIMEOUT:
    case ARES_ECONNREFUSED:
      return DnsStatus::kNoAnswer;
    case ARES_ENOMEM:
      return DnsStatus::kLocalFailure;
    default:
      return DnsStatus::kServerFailure;
  }
}

// c-ares' parsers for the two kinds differ in types alone.
template <typename Record>
int parse_records(int (*parse)(const unsigned char*, int, hostent**, Record*, int*),
                  std::span<const unsigned char> message, std::uint8_t family, DnsReply& reply) {
  std::array<Record, kMaxRecords> records;
  int count = kMaxRecords;
  const int status =
      parse(message.data(), static_cast<int>(message.size()), nullptr, records.data(), &count);
  if (status != ARES_SUCCESS) return status;
  for (const Record& record : std::span(records).first(static_cast<std::size_t>(count))) {
    IpAddress address{.family = family};
    // The first member is the address, in network order.
    std::memcpy(address.bytes.data(), &record, family == 4 ? 4 : 16);
    reply.addresses.push_back(address);
    const std::int64_t ttl_s = std::max(record.ttl, 0);
    reply.ttl_s = reply.ttl_s < 0 ? ttl_s : std::min(reply.ttl_s, ttl_s);
  }
  return reply.addresses.empty() ? ARES_ENODATA : ARES_SUCCESS;
}

// Said about the name itself; asking another server would bring nothing else.
bool is_definite(int status) {
  return status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND;
}

// Two c-ares channels. The first hears what a server says, be it SERVFAIL or REFUSED. Such a
// question is put once more through the second, which begins with the next server and, as c-ares
// does of its own accord, passes over servers that fail. That one cannot say how they failed: in
// c-ares 1.18 their refusal looks as if they were not there. So if it finds nothing definite
// either, what the first heard counts.
class AresClient final : public DnsClient {
 public:
  AresClient(Ring& ring, std::int64_t timeout_ms) : ring_(ring), timeout_ms_(timeout_ms) {}
  ~AresClient() override {
    for (const Lane& lane : lanes_) {
      if (lane.channel != nullptr) ares_destroy(lane.channel);  // ends every query that is open
    }
  }
  AresClient(const AresClient&) = delete;
  AresClient& operator=(const AresClient&) = delete;

  int initialise(const AresOptions& options, const std::vector<Endpoint>& servers);

  void ask(std::string_view name, RecordType type, std::uint32_t id, std::int64_t now_ns) override {
    // on_answer() takes it back.
    auto* query = new Query{.client = this, .id = id, .type = type, .name = std::string(name)};
    send(query, lanes_[0]);
    refresh_deadline(now_ns);
  }

  void on_completion(const Completion& completion, std::int64_t now_ns) override;
  std::int64_t next_deadline_ns() const override { return deadline_ns_; }

  void expire(std::int64_t now_ns) override {
    if (now_ns < deadline_ns_) return;
    for (const Lane& lane : lanes_) {
      ares_process_fd(lane.channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    }
    refresh_deadline(now_ns);
  }

  void take_replies(std::vector<DnsReply>& replies) override {
    std::move(replies_.begin(), replies_.end(), std::back_inserter(replies));
    replies_.clear();
  }

  std::int64_t retry_after_ns() const override { return timeout_ms_ * kNanosecondsPerMillisecond; }
  std::string servers() const override { return servers_; }

 private:
  struct Query {
    AresClient* client;
    std::uint32_t id;
    RecordType type;
    std::string name;
    int first_status = ARES_SUCCESS;  // of the first lane, while in the second
  };
  struct Lane {
    AresClient* client = nullptr;
    ares_channel channel = nullptr;
  };
  struct Watch {
    ares_channel channel = nullptr;
    std::uint32_t events = 0;
    Token token = 0;
  };

  static void on_answer(void* argument, int status, int, unsigned char* bytes, int size);
  static void on_socket_state(void* argument, ares_socket_t descriptor, int readable, int writable);
  int open_lane(Lane& lane, const AresOptions& options, int flags);
  static void send(Query* query, const Lane& lane);
  void poll(ares_socket_t descriptor, Watch& watch);
  void refresh_deadline(std::int64_t now_ns);

  Ring& ring_;
  std::int64_t timeout_ms_;
  std::string servers_;
  std::array<Lane, 2> lanes_;
  std::unordered_map<ares_socket_t, Watch> watches_;  // one poll is pending for each
  std::uint64_t generation_ = 0;  // tells a poll of a closed descriptor from one of its heir
  std::int64_t deadline_ns_ = kNoDeadline;
  std::vector<DnsReply> replies_;
};

int AresClient::open_lane(Lane& lane, const AresOptions& options, int flags) {
  lane.client = this;
  ares_options settings{};
  settings.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS | flags;
  settings.timeout = static_cast<int>(options.timeout_ms);
  settings.tries = options.tries;
  settings.ednspsz = kEdnsPayloadBytes;
  settings.sock_state_cb = on_socket_state;
  settings.sock_state_cb_data = &lane;
  const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ |
                   ARES_OPT_SOCK_STATE_CB;
  const int status = ares_init_options(&lane.channel, &settings, mask);
  if (status != ARES_SUCCESS) {
    lane.channel = nullptr;
  } else {
    ares_set_socket_functions(lane.channel, &kSocketFunctions, nullptr);
  }
  return status;
}

std::vector<Endpoint> servers_of(ares_channel channel) {
  std::vector<Endpoint> servers;
  ares_addr_port_node* first = nullptr;
  if (ares_get_servers_ports(channel, &first) != ARES_SUCCESS) return servers;
  for (const auto* node = first; node != nullptr; node = node->next) {
    Endpoint& server = servers.emplace_back();
    server.address.family = node->family == AF_INET ? 4 : 6;
    server.port = static_cast<std::uint16_t>(node->udp_port == 0 ? 53 : node->udp_port);
    std::memcpy(server.address.bytes.data(), &node->addr, node->family == AF_INET ? 4 : 16);
  }
  ares_free_data(first);
  return servers;
}

std::string join(const std::vector<Endpoint>& servers, std::string_view separator) {
  std::string text;
  for (const Endpoint& server : servers) {
    if (!text.empty()) text += separator;
    text += server.to_string();
  }
  return text;
}

int AresClient::initialise(const AresOptions& options, const std::vector<Endpoint>& servers) {
  int status = open_lane(lanes_[0], options, ARES_FLAG_NOCHECKRESP);
  if (status == ARES_SUCCESS) status = open_lane(lanes_[1], options, 0);
  if (status != ARES_SUCCESS) return status;
  std::vector<Endpoint> order = servers.empty() ? servers_of(lanes_[0].channel) : servers;
  servers_ = join(order, ", ");
  for (const Lane& lane : lanes_) {
    status = ares_set_servers_ports_csv(lane.channel, join(order, ",").c_str());
    if (status != ARES_SUCCESS) return status;
    if (!order.empty()) std::rotate(order.begin(), order.begin() + 1, order.end());
  }
  return ARES_SUCCESS;
}

void AresClient::send(Query* query, const Lane& lane) {
  ares_query(lane.channel, query->name.c_str(), ns_c_in,
             query->type == RecordType::kA ? ns_t_a : ns_t_aaaa, on_answer, query);
}

void AresClient::on_answer(void* argument, int status, int, unsigned char* bytes, int size) {
  std::unique_ptr<Query> query(static_cast<Query*>(argument));
  if (status == ARES_EDESTRUCTION) return;
  const bool first = query->first_status == ARES_SUCCESS;
  if (first && (status == ARES_ESERVFAIL || status == ARES_EREFUSED || status == ARES_ENOTIMP)) {
    query->first_status = status;
    AresClient& client = *query->client;
    send(query.release(), client.lanes_[1]);
    return;
  }
  if (!first && !is_definite(status)) status = query->first_status;
  DnsReply reply{.id = query->id};
  const std::span<const unsigned char> message(bytes, static_cast<std::size_t>(bytes ? size : 0));
  if (status == ARES_SUCCESS) {
    status = query->type == RecordType::kA
                 ? parse_records<ares_addrttl>(ares_parse_a_reply, message, 4, reply)
                 : parse_records<ares_addr6ttl>(ares_parse_aaaa_reply, message, 6, reply);
  }
  reply.status = status_of(status);
  if (reply.status == DnsStatus::kNoData || reply.status == DnsStatus::kNotFound) {
    reply.ttl_s = negative_ttl_s(message);
  }
  if (reply.status != DnsStatus::kAddresses) {
    reply.addresses.clear();
    reply.detail = ares_strerror(status);
  }
  query->client->replies_.push_back(std::move(reply));
}

void AresClient::on_socket_state(void* argument, ares_socket_t descriptor, int readable,
                                 int writable) {
  const Lane& lane = *static_cast<Lane*>(argument);
  AresClient& self = *lane.client;
  const std::uint32_t events = (readable ? POLLIN : 0U) | (writable ? POLLOUT : 0U);
  const auto found = self.watches_.find(descriptor);
  if (found != self.watches_.end()) {
    if (found->second.events == events) return;
    self.ring_.cancel_poll(found->second.token);
    self.watches_.erase(found);
  }
  if (events == 0) return;
  Watch& watch = self.watches_[descriptor];
  watch.channel = lane.channel;
  watch.events = events;
  self.poll(descriptor, watch);
}

void AresClient::poll(ares_socket_t descriptor, Watch& watch) {
  generation_ = (generation_ + 1) & kGenerationMask;
  watch.token =
      make_token(TokenOwner::kResolver, generation_ << 24 | static_cast<std::uint64_t>(descriptor));
  ring_.poll(descriptor, watch.events, watch.token);
}

void AresClient::on_completion(const Completion& completion, std::int64_t now_ns) {
  const auto descriptor = static_cast<ares_socket_t>(completion.token & kGenerationMask);
  const auto found = watches_.find(descriptor);
  if (found == watches_.end() || found->second.token != completion.token) return;
  // An error is what reading shows, in c-ares' own words.
  const auto events =
      completion.result < 0 ? POLLIN : static_cast<std::uint32_t>(completion.result);
  const bool readable = (events & ~static_cast<std::uint32_t>(POLLOUT)) != 0;
  const bool writable = (events & POLLOUT) != 0;
  ares_process_fd(found->second.channel, readable ? descriptor : ARES_SOCKET_BAD,
                  writable ? descriptor : ARES_SOCKET_BAD);
  // The poll was for once. c-ares may meanwhile have closed the socket, or opened another.
  const auto again = watches_.find(descriptor);
  if (again != watches_.end() && again->second.token == completion.token) {
    poll(descriptor, again->second);
  }
  refresh_deadline(now_ns);
}

void AresClient::refresh_deadline(std::int64_t now_ns) {
  deadline_ns_ = kNoDeadline;
  for (const Lane& lane : lanes_) {
    timeval left{};
    if (ares_timeout(lane.channel, nullptr, &left) == nullptr) continue;
    // One millisecond more, so that c-ares finds it passed when it is told.
    const std::int64_t left_us = left.tv_sec * std::int64_t{1'000'000} + left.tv_usec;
    deadline_ns_ = std::min(deadline_ns_, now_ns + left_us * 1000 + kNanosecondsPerMillisecond);
  }
}

}  // namespace

std::optional<Endpoint> parse_dns_server(std::string_view text) {
  Endpoint endpoint{.port = 53};
  if (const auto address = IpAddress::parse(text)) {
    endpoint.address = *address;
    return endpoint;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto address = IpAddress::parse(text.substr(0, colon));
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  const bool whole = error == std::errc() && end == port.data() + port.size();
  if (!address || !whole || endpoint.port == 0) return std::nullopt;
  endpoint.address = *address;
  return endpoint;
}

tl::expected<std::unique_ptr<DnsClient>, std::string> make_ares_client(const AresOptions& options,
                                                                       Ring& ring) {
  std::vector<Endpoint> servers;
  for (const std::string& text : options.servers) {
    const auto server = parse_dns_server(text);
    if (!server) {
      return tl::unexpected("DNS server \"" + text +
                            "\" is neither an address nor an address with a port");
    }
    servers.push_back(*server);
  }
  auto client = std::make_unique<AresClient>(ring, options.timeout_ms);
  if (const int status = client->initialise(options, servers); status != ARES_SUCCESS) {
    return tl::unexpected(std::string("the DNS client cannot start: ") + ares_strerror(status));
  }
  return client;
}

}  // namespace tracer::engine
