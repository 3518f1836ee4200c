// The library's context object behind ssl::Context; for the files of ssl/ alone.
#pragma once

#include <string>

#include "ssl/context.h"

struct WOLFSSL_CTX;

namespace tracer::ssl {

struct Context::Handle {
  Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle();

  WOLFSSL_CTX* native = nullptr;
  std::string alpn;  // comma-separated, as the library wants it
  bool has_client_certificate = false;
};

}  // namespace tracer::ssl
