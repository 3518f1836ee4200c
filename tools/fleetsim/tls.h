// The server's side of TLS, over OpenSSL. TlsServer holds one context a service and is immutable
// and shared by all threads; a TlsStream belongs to the worker that accepted its connection and
// reads and writes that connection's non-blocking socket itself.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "tools/fleetsim/pki.h"
#include "tools/fleetsim/service.h"

struct ssl_ctx_st;
struct ssl_st;

namespace tracer::fleetsim {

enum class TlsStatus { kDone, kAgain, kClosed, kFailed };

struct TlsResult {
  TlsStatus status;
  std::size_t bytes = 0;     // of kDone, moved by read or write
  bool wants_write = false;  // of kAgain: wait until the socket takes bytes, else until it has some
};

class TlsStream {
 public:
  TlsStream() = default;
  explicit operator bool() const { return ssl_ != nullptr; }

  TlsResult handshake();
  TlsResult read(std::span<char> into);
  TlsResult write(std::string_view bytes);
  void say_goodbye();  // close_notify, if the socket takes it at once
  void reset() { ssl_.reset(); }

 private:
  friend class TlsServer;
  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  TlsResult result_of(int returned, std::size_t bytes);

  std::unique_ptr<ssl_st, Free> ssl_;
};

class TlsServer {
 public:
  // Keeps a reference to certificates and keys of `pki` only. The error is one sentence.
  static tl::expected<TlsServer, std::string> create(const Pki& pki,
                                                     std::span<const Service> services);

  // REQUIRES: service.tls. Empty when memory is short.
  TlsStream accept(const Service& service, int socket) const;

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  using Context = std::unique_ptr<ssl_ctx_st, Free>;
  static Context make_context(const Pki& pki, const TlsProfile& profile);

  std::map<int, Context> contexts_;  // by the service's offset
  std::span<const Credential> many_;
  std::unique_ptr<std::atomic<std::size_t>> next_of_many_;  // any worker's
  Context sni_two_;
};

}  // namespace tracer::fleetsim
