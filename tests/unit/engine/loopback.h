// Plain blocking sockets on loopback, to stand at the other end of what is tested. Any thread.
// Calls that fail end the test program: they are the test's own trouble.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/ip_address.h"

namespace tracer::engine::testing {

// Raises the soft limit of descriptors, for tests that hold thousands of sockets.
void allow_descriptors(std::size_t count);
std::size_t open_descriptors();

class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { close(); }

  int descriptor() const { return descriptor_; }
  void send(std::string_view bytes) const;
  std::string receive(std::size_t at_most = 65536) const;  // empty: the peer closed
  IpAddress peer() const;
  void end_of_stream() const;  // closes the sending side
  void reset();                // closes with RST
  void close();

 private:
  int descriptor_ = -1;
};

class Listener {
 public:
  explicit Listener(int backlog = 4096, std::string_view address = "127.0.0.1");

  Endpoint endpoint() const { return endpoint_; }
  Socket accept() const;
  // Takes all the room for connections that nobody has accepted, so that the next one hangs.
  void fill_backlog();
  int descriptor() const { return socket_.descriptor(); }

 private:
  Endpoint endpoint_;
  Socket socket_;
  Socket fillers_[4];
};

// A port that refuses, and is nobody else's: bound, but not listening.
class RefusingPort {
 public:
  RefusingPort();
  Endpoint endpoint() const { return endpoint_; }

 private:
  Endpoint endpoint_;
  Socket socket_;
};

}  // namespace tracer::engine::testing
