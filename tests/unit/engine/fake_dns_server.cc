#include "tests/unit/engine/fake_dns_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

namespace tracer::engine {
namespace {

std::string number(std::uint32_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    text += static_cast<char>(value >> shift & 0xff);
  }
  return text;
}

std::string wire_address(int family, std::string_view text) {
  std::string bytes(family == AF_INET ? 4 : 16, '\0');
  if (inet_pton(family, std::string(text).c_str(), bytes.data()) != 1) std::abort();
  return bytes;
}

std::string wire_record(const DnsRecord& record) {
  return wire_name(record.name) + number(static_cast<std::uint32_t>(record.type), 2) +
         number(1, 2) + number(record.ttl_s, 4) +
         number(static_cast<std::uint32_t>(record.data.size()), 2) + record.data;
}

int loopback_socket(int type, std::uint16_t& port) {
  const int descriptor = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(descriptor, generic, length) != 0) {
    close(descriptor);
    return -1;
  }
  if (getsockname(descriptor, generic, &length) != 0) std::abort();
  port = ntohs(address.sin_port);
  return descriptor;
}

}  // namespace

std::string wire_name(std::string_view name) {
  std::string bytes;
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    bytes += static_cast<char>(label.size());
    bytes += label;
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  return bytes + '\0';
}

DnsRecord a_record(std::string_view name, std::string_view address, std::uint32_t ttl_s) {
  return {std::string(name), 1, ttl_s, wire_address(AF_INET, address)};
}
DnsRecord aaaa_record(std::string_view name, std::string_view address, std::uint32_t ttl_s) {
  return {std::string(name), 28, ttl_s, wire_address(AF_INET6, address)};
}
DnsRecord cname_record(std::string_view name, std::string_view target, std::uint32_t ttl_s) {
  return {std::string(name), 5, ttl_s, wire_name(target)};
}
DnsRecord soa_record(std::string_view zone, std::uint32_t ttl_s, std::uint32_t minimum_s) {
  return {std::string(zone), 6, ttl_s,
          wire_name("ns.example") + wire_name("mail.example") + std::string(16, '\0') +
              number(minimum_s, 4)};
}

FakeDnsServer::FakeDnsServer(Handler handler) : handler_(std::move(handler)) {
  // The port the kernel gives for UDP may be taken for TCP: then another is tried.
  for (int attempt = 0; attempt < 50 && listener_ < 0; ++attempt) {
    if (udp_ >= 0) close(udp_);
    port_ = 0;
    udp_ = loopback_socket(SOCK_DGRAM, port_);
    listener_ = loopback_socket(SOCK_STREAM, port_);
  }
  if (listener_ < 0 || listen(listener_, 16) != 0) std::abort();
}

FakeDnsServer::~FakeDnsServer() {
  close(udp_);
  close(listener_);
  for (const Connection& connection : connections_) close(connection.descriptor);
}

std::string FakeDnsServer::address() const { return "127.0.0.1:" + std::to_string(port_); }

void FakeDnsServer::serve() {
  serve_udp();
  serve_tcp();
}

void FakeDnsServer::serve_udp() {
  char buffer[2048];
  sockaddr_storage peer;
  while (true) {
    socklen_t length = sizeof peer;
    auto* generic = reinterpret_cast<sockaddr*>(&peer);
    const ssize_t size = recvfrom(udp_, buffer, sizeof buffer, 0, generic, &length);
    if (size < 0) return;
    for (const std::string& response : respond({buffer, static_cast<std::size_t>(size)}, false)) {
      sendto(udp_, response.data(), response.size(), 0, generic, length);
    }
  }
}

void FakeDnsServer::serve_tcp() {
  const int accepted = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted >= 0) connections_.push_back({accepted, {}});
  for (Connection& connection : connections_) {
    char buffer[2048];
    const ssize_t size = recv(connection.descriptor, buffer, sizeof buffer, 0);
    if (size <= 0) continue;
    connection.received.append(buffer, static_cast<std::size_t>(size));
    std::string& received = connection.received;
    if (received.size() < 2) continue;
    const std::size_t length =
        static_cast<std::uint8_t>(received[0]) * 256U + static_cast<std::uint8_t>(received[1]);
    if (received.size() < 2 + length) continue;
    for (const std::string& response : respond(received.substr(2, length), true)) {
      const std::string framed = number(static_cast<std::uint32_t>(response.size()), 2) + response;
      send(connection.descriptor, framed.data(), framed.size(), MSG_NOSIGNAL);
    }
    received.clear();
  }
}

std::vector<std::string> FakeDnsServer::respond(std::string_view query, bool tcp) {
  constexpr std::size_t kHeaderBytes = 12;
  if (query.size() < kHeaderBytes + 5) return {};
  DnsQuestion question{.tcp = tcp};
  std::size_t at = kHeaderBytes;
  while (at < query.size() && query[at] != '\0') {
    const auto length = static_cast<std::uint8_t>(query[at]);
    question.name += (question.name.empty() ? "" : ".") + std::string(query.substr(at + 1, length));
    at += 1U + length;
  }
  const std::size_t end = at + 5;
  if (end > query.size()) return {};
  question.type = static_cast<std::uint8_t>(query[at + 2]);
  questions_.push_back(question);
  const auto response = handler_(question);
  if (!response) return {};

  const auto answers = response->claimed_answers >= 0
                           ? static_cast<std::uint32_t>(response->claimed_answers)
                           : static_cast<std::uint32_t>(response->answers.size());
  const std::uint32_t flags =
      0x8180U | (response->truncated ? 0x0200U : 0U) | static_cast<std::uint32_t>(response->code);
  std::string body = number(flags, 2) + number(1, 2) + number(answers, 2) +
                     number(static_cast<std::uint32_t>(response->authorities.size()), 2) +
                     number(0, 2) + std::string(query.substr(kHeaderBytes, end - kHeaderBytes));
  for (const DnsRecord& record : response->answers) body += wire_record(record);
  for (const DnsRecord& record : response->authorities) body += wire_record(record);
  const std::string id(query.substr(0, 2));
  if (!response->wrong_id_first) return {id + body};
  const std::string forged_id = {static_cast<char>(id[0] ^ 0x55), id[1]};
  std::string forged = forged_id + body;
  forged.back() = static_cast<char>(forged.back() ^ 0x7f);  // another address than the true one
  return {forged, id + body};
}

}  // namespace tracer::engine
