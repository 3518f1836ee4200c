// What many sessions share: the protocol range, groups, the client certificate. Made once per
// shard and policy.
//
// A Context and its sessions belong to one thread. The library's own chain check is off in every
// context: judging is ssl/trust.h's, so that a bad chain still yields its facts. Possession of the
// private key is proved by the handshake itself and cannot be switched off.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "ssl/protocol.h"

namespace tracer::ssl {

struct ContextOptions {
  ProtocolVersion min_version = ProtocolVersion::kTls12;
  ProtocolVersion max_version = ProtocolVersion::kTls13;
  std::vector<std::string> alpn;  // in order of preference
  std::string cert_file;          // PEM; empty: no client certificate
  std::string key_file;

  bool operator==(const ContextOptions&) const = default;
};

class Context {
 public:
  // The error is one sentence that names the file at fault, where it is a file.
  static tl::expected<std::unique_ptr<Context>, std::string> create(const ContextOptions& options);
  ~Context();

  const ContextOptions& options() const { return options_; }
  struct Handle;  // the library's object; private to ssl/
  Handle& handle() const { return *handle_; }

 private:
  Context(ContextOptions options, std::unique_ptr<Handle> handle);
  ContextOptions options_;
  std::unique_ptr<Handle> handle_;
};

// "wolfSSL 5.7.2".
std::string library_version();

}  // namespace tracer::ssl
