#include "engine/tds_framing.h"

#include <algorithm>
#include <cassert>

namespace tracer::engine {
namespace {

constexpr std::uint8_t kPrelogin = 0x12;
constexpr std::uint8_t kTabularResult = 0x04;  // of old servers, in place of the former
constexpr std::uint8_t kLastPacket = 0x01;

// No TLS record begins as one.
bool begins_packet(std::uint8_t byte) { return byte == kPrelogin || byte == kTabularResult; }
bool begins_record(std::uint8_t byte) { return byte >= 20 && byte <= 23; }

}  // namespace

TdsFraming::Bytes TdsFraming::wrap(Bytes flight) {
  std::size_t left = done_ ? unsent_ : flight.size();
  assert(left <= flight.size());
  unsent_ = 0;
  outgoing_.clear();
  for (std::uint8_t number = 1; left > 0; ++number) {
    const std::size_t length = std::min(left, kMaxPacketBytes - kHeaderBytes);
    const std::size_t size = length + kHeaderBytes;
    const std::uint8_t status = length == left ? kLastPacket : 0;
    outgoing_.insert(outgoing_.end(), {kPrelogin, status, static_cast<std::uint8_t>(size >> 8),
                                       static_cast<std::uint8_t>(size & 0xff), 0, 0, number, 0});
    outgoing_.insert(outgoing_.end(), flight.begin(), flight.begin() + length);
    flight = flight.subspan(length);
    left -= length;
  }
  outgoing_.insert(outgoing_.end(), flight.begin(), flight.end());
  return outgoing_;
}

std::optional<TdsFraming::Bytes> TdsFraming::unwrap(Bytes received) {
  incoming_.clear();
  while (!received.empty()) {
    const bool between_packets = header_bytes_ == 0 && data_bytes_ == 0;
    if (done_ && between_packets && !begins_packet(received.front())) bare_ = true;
    if (bare_ || data_bytes_ > 0) {
      if (!began_ && !done_ && !begins_record(received.front())) {
        return lost("the server's packet holds something else than the TLS handshake");
      }
      began_ = true;
      const std::size_t length = bare_ ? received.size() : std::min(data_bytes_, received.size());
      incoming_.insert(incoming_.end(), received.begin(), received.begin() + length);
      received = received.subspan(length);
      if (!bare_) data_bytes_ -= length;
      continue;
    }
    header_[header_bytes_++] = received.front();
    received = received.subspan(1);
    if (!begins_packet(header_[0])) {
      return lost("clear bytes come in place of the TLS handshake's packets");
    }
    if (header_bytes_ == kHeaderBytes && !read_header()) {
      return lost("a packet of the TLS handshake is empty");
    }
  }
  return incoming_;
}

bool TdsFraming::read_header() {
  const std::size_t size = std::size_t{header_[2]} << 8 | header_[3];
  if (size <= kHeaderBytes) return false;
  header_bytes_ = 0;
  data_bytes_ = size - kHeaderBytes;
  return true;
}

std::nullopt_t TdsFraming::lost(const char* error) {
  error_ = error;
  return std::nullopt;
}

void TdsFraming::handshake_done(std::size_t unsent) {
  done_ = true;
  unsent_ = unsent;
}

}  // namespace tracer::engine
