// The certificates that tests/testdata/make_chains.sh wrote, by name.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ssl/revocation.h"
#include "ssl/trust.h"

namespace tracer::ssl::testing {

// Within the validity of every certificate that is not named as an exception.
inline constexpr std::int64_t kNow = 1782864000;  // 2026-07-01T00:00:00Z
inline constexpr std::string_view kHost = "www.example.test";

using Der = std::vector<std::uint8_t>;

std::string chain_file_text(const std::string& file);
std::vector<std::string> certificate_names();  // all there are
Der certificate(const std::string& name);
std::vector<Der> certificates(const std::vector<std::string>& names);
std::shared_ptr<const TrustStore> store(const std::vector<std::string>& names);

std::vector<Bytes> spans(const std::vector<Der>& certificates);

// Revocation lists, by name.
std::shared_ptr<const RevocationLists> revocation_lists(const std::vector<std::string>& names);

// By a judge without memory.
Judgement judge(const std::vector<std::string>& presented, const std::vector<std::string>& roots,
                std::string_view name = kHost, std::int64_t now_s = kNow,
                const JudgeOptions& options = {});

}  // namespace tracer::ssl::testing
