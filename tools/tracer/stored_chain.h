// A chain from a file, judged offline by the same judge as live checks (`tracer cert --file`).
// Main thread; reads files, opens no connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "engine/failure.h"
#include "ssl/trust.h"

namespace tracer::cli {

struct StoredChainOptions {
  std::string file;                 // PEM, leaf first; the rest are untrusted intermediates
  std::string ca_file;              // empty: the system's trust store
  std::optional<std::string> name;  // absent: the name is not judged
  std::optional<std::int64_t> at_s;
  std::vector<std::string> crl_files;
  std::string ocsp_file;  // an OCSP response (DER) about the leaf; empty: none
  ssl::Profile profile = ssl::Profile::kStrict;
  std::optional<std::size_t> max_intermediates;
};

struct StoredChain {
  std::string file;
  std::optional<std::string> name;
  std::int64_t judged_s = 0;  // the time it was judged for
  ssl::Profile profile = ssl::Profile::kStrict;
  ssl::Judgement judgement;
  engine::FailureCode failure = engine::FailureCode::kNone;
};

// `now_s` stands in for options.at_s where that is absent. The error is one sentence about a file
// that cannot be used.
tl::expected<StoredChain, std::string> judge_stored_chain(const StoredChainOptions& options,
                                                          std::int64_t now_s);

std::string_view profile_name(ssl::Profile profile);

}  // namespace tracer::cli
