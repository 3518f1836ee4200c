// A DNS server on a loopback port of its own, over UDP and TCP, that says what a test tells it to.
// It has no thread: serve() answers what has arrived.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tracer::engine {

struct DnsQuestion {
  std::string name;  // as it was asked, "a.example"
  int type = 0;      // 1: A, 28: AAAA
  bool tcp = false;
};

struct DnsRecord {
  std::string name;
  int type = 1;
  std::uint32_t ttl_s = 60;
  std::string data;  // as on the wire
};

struct DnsResponse {
  int code = 0;  // 2: SERVFAIL, 3: NXDOMAIN, 5: REFUSED
  std::vector<DnsRecord> answers;
  std::vector<DnsRecord> authorities;
  bool truncated = false;
  bool wrong_id_first = false;  // a forged response goes out before this one
  int claimed_answers = -1;     // in the header; -1: as many as there are
};

std::string wire_name(std::string_view name);
DnsRecord a_record(std::string_view name, std::string_view address, std::uint32_t ttl_s = 60);
DnsRecord aaaa_record(std::string_view name, std::string_view address, std::uint32_t ttl_s = 60);
DnsRecord cname_record(std::string_view name, std::string_view target, std::uint32_t ttl_s = 60);
DnsRecord soa_record(std::string_view zone, std::uint32_t ttl_s, std::uint32_t minimum_s);

class FakeDnsServer {
 public:
  // What to answer; nothing: the question is dropped.
  using Handler = std::function<std::optional<DnsResponse>(const DnsQuestion&)>;

  explicit FakeDnsServer(Handler handler);
  ~FakeDnsServer();
  FakeDnsServer(const FakeDnsServer&) = delete;
  FakeDnsServer& operator=(const FakeDnsServer&) = delete;

  std::string address() const;  // "127.0.0.1:40000"
  void serve();
  const std::vector<DnsQuestion>& questions() const { return questions_; }

 private:
  void serve_udp();
  void serve_tcp();
  std::vector<std::string> respond(std::string_view query, bool tcp);

  Handler handler_;
  int udp_ = -1;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  struct Connection {
    int descriptor;
    std::string received;
  };
  std::vector<Connection> connections_;
  std::vector<DnsQuestion> questions_;
};

}  // namespace tracer::engine
