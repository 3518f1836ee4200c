// Loading of trusted roots (TrustStore of ssl/trust.h).
#include <cstdlib>
#include <utility>

#include "ssl/digest.h"
#include "ssl/file_text.h"
#include "ssl/pem.h"
#include "ssl/roots.h"
#include "ssl/trust.h"

namespace tracer::ssl {
namespace {

constexpr const char* kSystemBundle = "/etc/ssl/certs/ca-certificates.crt";

void index_roots(TrustStore::Roots& roots) {
  Sha256Parts digest;
  for (const TrustStore::Roots::Root& root : roots.all) {
    roots.by_subject.emplace(root.view.subject_key, &root);
    digest.add(Bytes(root.der));
  }
  const Sha256Digest content = digest.finish();
  for (std::size_t i = 0; i < sizeof(roots.version); ++i) {
    roots.version = roots.version << 8U | content[i];
  }
}

}  // namespace

TrustStore::TrustStore(std::unique_ptr<Roots> roots) : roots_(std::move(roots)) {}
TrustStore::~TrustStore() = default;

std::size_t TrustStore::size() const { return roots_->all.size(); }
std::uint64_t TrustStore::version() const { return roots_->version; }

tl::expected<std::shared_ptr<const TrustStore>, std::string> TrustStore::from_pem(
    std::string_view pem, const std::string& origin) {
  auto certificates = read_pem_certificates(pem);
  if (!certificates) {
    return tl::make_unexpected(origin + ":" + std::to_string(certificates.error().line) + ": " +
                               certificates.error().message);
  }
  auto roots = std::make_unique<Roots>();
  for (PemBlock& certificate : *certificates) {
    auto view = parse_certificate(certificate.der);
    if (!view) {
      return tl::make_unexpected(origin + ":" + std::to_string(certificate.line) +
                                 ": not a certificate: " + view.error().message);
    }
    // The bytes keep their place when the vector that owns them moves, so the view stays good.
    roots->all.push_back({std::move(certificate.der), std::move(*view)});
  }
  if (roots->all.empty()) return tl::make_unexpected(origin + ": holds no certificate");
  index_roots(*roots);
  return std::shared_ptr<const TrustStore>(new TrustStore(std::move(roots)));
}

tl::expected<std::shared_ptr<const TrustStore>, std::string> TrustStore::load_file(
    const std::string& path) {
  const auto text = read_file_text(path);
  if (!text) return tl::make_unexpected(text.error());
  return from_pem(*text, path);
}

std::string TrustStore::system_file() {
  const char* chosen = std::getenv("SSL_CERT_FILE");
  return chosen != nullptr && *chosen != '\0' ? chosen : kSystemBundle;
}

tl::expected<std::shared_ptr<const TrustStore>, std::string> TrustStore::load_system() {
  return load_file(system_file());
}

}  // namespace tracer::ssl
