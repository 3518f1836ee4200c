#include "ssl/record_observer.h"

#include <algorithm>

namespace tracer::ssl {
namespace {

constexpr std::uint8_t kChangeCipherSpec = 20;
constexpr std::uint8_t kHandshake = 22;
constexpr std::uint8_t kApplicationData = 23;
constexpr std::uint8_t kServerHello = 2;
constexpr std::uint8_t kServerKeyExchange = 12;
constexpr std::uint8_t kCertificateRequest = 13;

}  // namespace

void RecordObserver::begin_record() {
  const std::uint8_t type = record_header_[0];
  record_left_ = static_cast<std::uint32_t>(record_header_[3] << 8 | record_header_[4]);
  record_header_size_ = 0;
  if (type == kChangeCipherSpec || type == kApplicationData) encrypted_ = true;
}

void RecordObserver::handshake_byte(std::uint8_t byte) {
  if (message_header_size_ < message_header_.size()) {
    message_header_[message_header_size_++] = byte;
    if (message_header_size_ < message_header_.size()) return;
    message_left_ = static_cast<std::uint32_t>(message_header_[1] << 16 | message_header_[2] << 8 |
                                               message_header_[3]);
    message_offset_ = 0;
    if (message_header_[0] == kCertificateRequest) certificate_requested_ = true;
    if (message_left_ == 0) message_header_size_ = 0;
    return;
  }
  if (message_header_[0] == kServerHello && message_offset_ < 2) {
    server_version_ = static_cast<std::uint16_t>(server_version_ << 8 | byte);
  }
  if (message_header_[0] == kServerKeyExchange && message_offset_ < key_exchange_.size()) {
    key_exchange_[message_offset_] = byte;
  }
  ++message_offset_;
  if (--message_left_ == 0) message_header_size_ = 0;
}

void RecordObserver::observe(std::span<const std::uint8_t> bytes) {
  for (std::size_t i = 0; i < bytes.size() && !not_tls_ && !encrypted_; ++i) {
    const std::uint8_t byte = bytes[i];
    if (record_left_ > 0) {
      if (record_header_[0] == kHandshake) handshake_byte(byte);
      --record_left_;
      continue;
    }
    record_header_[record_header_size_++] = byte;
    // Only the first record decides whether this is TLS: a later oddity is a broken TLS peer.
    const bool odd = record_header_size_ == 1   ? byte < kChangeCipherSpec || byte > 24
                     : record_header_size_ == 2 ? byte != 3
                                                : false;
    if (!started_ && odd) not_tls_ = true;
    if (record_header_size_ == record_header_.size()) {
      started_ = true;
      begin_record();
    }
  }
}

}  // namespace tracer::ssl
