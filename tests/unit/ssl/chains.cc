#include "tests/unit/ssl/chains.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "ssl/pem.h"

namespace tracer::ssl::testing {

std::string chain_file_text(const std::string& file) {
  std::ifstream in(std::string(TRACER_TEST_CHAINS) + "/" + file, std::ios::binary);
  if (!in) throw std::runtime_error(file + " is not among the test certificates");
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> certificate_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(TRACER_TEST_CHAINS)) {
    if (entry.path().extension() == ".pem") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Der certificate(const std::string& name) {
  auto read = read_pem_certificates(chain_file_text(name + ".pem"));
  if (!read || read->size() != 1) throw std::runtime_error(name + ".pem is not one certificate");
  return read->front().der;
}

std::vector<Der> certificates(const std::vector<std::string>& names) {
  std::vector<Der> out;
  for (const std::string& name : names) out.push_back(certificate(name));
  return out;
}

std::shared_ptr<const TrustStore> store(const std::vector<std::string>& names) {
  std::string pem;
  for (const std::string& name : names) pem += chain_file_text(name + ".pem");
  auto made = TrustStore::from_pem(pem, "test roots");
  if (!made) throw std::runtime_error(made.error());
  return *made;
}

std::shared_ptr<const RevocationLists> revocation_lists(const std::vector<std::string>& names) {
  std::string pem;
  for (const std::string& name : names) pem += chain_file_text(name + ".crl");
  auto made = RevocationLists::from_text(pem, "test lists");
  if (!made) throw std::runtime_error(made.error());
  return *made;
}

std::vector<Bytes> spans(const std::vector<Der>& certificates) {
  return {certificates.begin(), certificates.end()};
}

Judgement judge(const std::vector<std::string>& presented, const std::vector<std::string>& roots,
                std::string_view name, std::int64_t now_s, const JudgeOptions& options) {
  ChainJudge judge(1);
  const std::vector<Der> chain = certificates(presented);
  return judge.judge(spans(chain), *store(roots), name, now_s, options);
}

}  // namespace tracer::ssl::testing
