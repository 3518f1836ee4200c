// A monitor from a command line: a target such as "tls://example.org:443" and the options that all
// targets of a command share. It goes through the same schema as a document, so that bounds,
// notations and messages are the same. Pure but for looking whether files can be read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "engine/monitor.h"

namespace tracer::import {

// As given; what is absent has the default of the schema.
struct CheckOptions {
  bool tls = false;
  std::optional<std::string> starttls;  // turns TLS on
  std::optional<std::string> server_name;
  std::optional<std::string> ca_file;
  std::vector<std::string> crl_files;
  std::optional<std::string> cert_file;
  std::optional<std::string> key_file;
  bool verify = true;
  bool skip_hostname_verify = false;
  std::optional<std::string> min_version;
  std::optional<std::string> max_version;
  std::vector<std::string> alpn;
  std::optional<std::string> send;
  std::optional<std::string> expect;
  std::optional<std::string> expect_regex;
  std::optional<std::string> timeout;
  std::optional<std::string> retries;
  std::optional<std::string> family;
  std::optional<std::string> source;
  std::vector<std::string> assertions;  // see below
};

// Targets: HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT, starttls+PROTOCOL://HOST:PORT; an IPv6
// address in brackets. A scheme decides over `options.tls`; tls:// is TLS from the first byte.
//
// Assertions: TYPE OPERATOR VALUE, such as "response_time<500", "response_time.tls<200",
// "certificate_expiry>30", "tls_version in TLSv1.2,TLSv1.3", "cipher matches GCM",
// "response contains PONG", "certificate.key_bits_at_least=2048", "connection=failure".
//
// The error is one sentence or more, each starting with the target.
tl::expected<engine::MonitorSpec, std::vector<std::string>> monitor_from_target(
    std::string_view target, const CheckOptions& options);

}  // namespace tracer::import
