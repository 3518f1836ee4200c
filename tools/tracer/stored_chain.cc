#include "tools/tracer/stored_chain.h"

#include <memory>
#include <utility>

#include "engine/monitor.h"
#include "engine/probe_facts.h"
#include "ssl/file_text.h"
#include "ssl/pem.h"
#include "ssl/revocation.h"

namespace tracer::cli {
namespace {

tl::expected<std::vector<ssl::PemBlock>, std::string> read_chain(const std::string& file) {
  const auto text = ssl::read_file_text(file);
  if (!text) return tl::unexpected(text.error());
  auto chain = ssl::read_pem_certificates(*text);
  if (!chain) {
    return tl::unexpected(file + ":" + std::to_string(chain.error().line) + ": " +
                          chain.error().message);
  }
  if (chain->empty()) return tl::unexpected(file + ": holds no certificate");
  return std::move(*chain);
}

}  // namespace

tl::expected<StoredChain, std::string> judge_stored_chain(const StoredChainOptions& options,
                                                          std::int64_t now_s) {
  const auto chain = read_chain(options.file);
  if (!chain) return tl::unexpected(chain.error());
  const auto roots = options.ca_file.empty() ? ssl::TrustStore::load_system()
                                             : ssl::TrustStore::load_file(options.ca_file);
  if (!roots) return tl::unexpected(roots.error());
  const auto lists = ssl::RevocationLists::load_files(options.crl_files);
  if (!lists) return tl::unexpected(lists.error());
  std::string response;
  if (!options.ocsp_file.empty()) {
    auto read = ssl::read_file_text(options.ocsp_file);
    if (!read) return tl::unexpected(read.error());
    response = std::move(*read);
  }
  std::vector<ssl::Bytes> presented;
  for (const ssl::PemBlock& block : *chain) presented.emplace_back(block.der);
  ssl::JudgeOptions how;
  how.profile = options.profile;
  how.judge_name = options.name.has_value();
  how.revocation = lists->get();
  how.ocsp_response = {reinterpret_cast<const std::uint8_t*>(response.data()), response.size()};
  if (options.max_intermediates) how.max_intermediates = *options.max_intermediates;
  StoredChain result;
  result.file = options.file;
  result.name = options.name;
  result.judged_s = options.at_s.value_or(now_s);
  result.profile = options.profile;
  ssl::ChainJudge judge(1);
  result.judgement =
      judge.judge(presented, **roots, options.name.value_or(""), result.judged_s, how);
  result.failure = engine::failure_from_judgement(result.judgement.problems, engine::TlsPolicy{});
  return result;
}

std::string_view profile_name(ssl::Profile profile) {
  return profile == ssl::Profile::kStrict ? "strict" : "clients";
}

}  // namespace tracer::cli
