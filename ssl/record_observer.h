// Watches the bytes a TLS peer sends, before the library sees them, for what the library does not
// tell: whether they are TLS at all, which version and, up to TLS 1.2, which group the server chose
// and whether it asked for a client certificate. Reads record and handshake headers only, keeps no
// data, never fails: bytes are untrusted. One per session, same thread. Source: RFC 5246 section
// 6.2 and 7, RFC 8422 section 5.4, RFC 8446 section 5.1.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tracer::ssl {

class RecordObserver {
 public:
  void observe(std::span<const std::uint8_t> bytes);

  bool anything() const { return started_; }
  bool not_tls() const { return not_tls_; }
  // ServerHello's legacy version; 0 before one arrived. TLS 1.3 appears as 0x0303.
  std::uint16_t server_version() const { return server_version_; }
  bool certificate_requested() const { return certificate_requested_; }  // TLS 1.2 and older
  // The named curve of a ServerKeyExchange, where the suite says that it has one; else 0.
  std::uint16_t named_curve() const { return key_exchange_[0] == kNamedCurve ? curve_number() : 0; }

 private:
  static constexpr std::uint8_t kNamedCurve = 3;
  std::uint16_t curve_number() const {
    return static_cast<std::uint16_t>(key_exchange_[1] << 8 | key_exchange_[2]);
  }
  void begin_record();
  void handshake_byte(std::uint8_t byte);

  bool started_ = false;
  bool not_tls_ = false;
  bool encrypted_ = false;  // a ChangeCipherSpec came by: what follows cannot be read
  bool certificate_requested_ = false;
  std::uint16_t server_version_ = 0;
  std::array<std::uint8_t, 3> key_exchange_{};  // how a ServerKeyExchange begins
  std::array<std::uint8_t, 5> record_header_{};
  std::uint8_t record_header_size_ = 0;
  std::uint32_t record_left_ = 0;
  std::array<std::uint8_t, 4> message_header_{};
  std::uint8_t message_header_size_ = 0;
  std::uint32_t message_left_ = 0;
  std::uint32_t message_offset_ = 0;
};

}  // namespace tracer::ssl
