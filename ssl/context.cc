#include "ssl/context.h"

#include <wolfssl/options.h>  // first: it configures the others

#include <wolfssl/ssl.h>

#include <array>
#include <utility>

#include "ssl/context_handle.h"
#include "ssl/session_io.h"

namespace tracer::ssl {
namespace {

// P-256 goes first, as the key share: it is the cheapest and the one that servers have.
constexpr std::array kGroups{
    static_cast<int>(WOLFSSL_ECC_SECP256R1), static_cast<int>(WOLFSSL_ECC_X25519),
    static_cast<int>(WOLFSSL_ECC_SECP384R1), static_cast<int>(WOLFSSL_ECC_SECP521R1),
#ifdef HAVE_CURVE448
    static_cast<int>(WOLFSSL_ECC_X448),
#endif
};

struct VersionNumber {
  ProtocolVersion version;
  int library;  // for SetMinVersion
  long forbid;  // the option that forbids it
};
constexpr std::array<VersionNumber, 4> kVersions{{
    {ProtocolVersion::kTls10, WOLFSSL_TLSV1, WOLFSSL_OP_NO_TLSv1},
    {ProtocolVersion::kTls11, WOLFSSL_TLSV1_1, WOLFSSL_OP_NO_TLSv1_1},
    {ProtocolVersion::kTls12, WOLFSSL_TLSV1_2, WOLFSSL_OP_NO_TLSv1_2},
    {ProtocolVersion::kTls13, WOLFSSL_TLSV1_3, WOLFSSL_OP_NO_TLSv1_3},
}};

std::string reason(int code) {
  std::array<char, WOLFSSL_MAX_ERROR_SZ> text{};
  wolfSSL_ERR_error_string_n(static_cast<unsigned long>(code), text.data(), text.size());
  return text.data();
}

tl::expected<void, std::string> set_versions(WOLFSSL_CTX* context, const ContextOptions& options) {
  long forbidden = 0;
  for (const VersionNumber& number : kVersions) {
    if (number.version == options.min_version &&
        wolfSSL_CTX_SetMinVersion(context, number.library) != WOLFSSL_SUCCESS) {
      return tl::unexpected("this TLS library cannot speak as low as " +
                            protocol_name(static_cast<std::uint16_t>(options.min_version)));
    }
    if (number.version > options.max_version) forbidden |= number.forbid;
  }
  wolfSSL_CTX_set_options(context, forbidden);
  return {};
}

tl::expected<void, std::string> load_client_certificate(WOLFSSL_CTX* context,
                                                        const ContextOptions& options) {
  int result = wolfSSL_CTX_use_certificate_chain_file(context, options.cert_file.c_str());
  if (result != WOLFSSL_SUCCESS) {
    return tl::unexpected("client certificate " + options.cert_file + ": " +
                          (result < 0 ? reason(result) : "holds no certificate in PEM"));
  }
  result = wolfSSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), WOLFSSL_FILETYPE_PEM);
  if (result != WOLFSSL_SUCCESS) {
    return tl::unexpected("client key " + options.key_file + ": " +
                          (result < 0 ? reason(result) : "holds no private key in PEM"));
  }
  if (wolfSSL_CTX_check_private_key(context) != WOLFSSL_SUCCESS) {
    return tl::unexpected("client key " + options.key_file + " does not belong to certificate " +
                          options.cert_file);
  }
  return {};
}

}  // namespace

Context::Handle::~Handle() {
  if (native != nullptr) wolfSSL_CTX_free(native);
  wolfSSL_Cleanup();  // counted by the library, together with the wolfSSL_Init of create()
}

Context::Context(ContextOptions options, std::unique_ptr<Handle> handle)
    : options_(std::move(options)), handle_(std::move(handle)) {}
Context::~Context() = default;

tl::expected<std::unique_ptr<Context>, std::string> Context::create(const ContextOptions& options) {
  wolfSSL_Init();
  auto handle = std::make_unique<Handle>();
  handle->native = wolfSSL_CTX_new(wolfSSLv23_client_method());
  if (handle->native == nullptr) return tl::unexpected(std::string("no memory for a TLS context"));
  WOLFSSL_CTX* native = handle->native;

  if (auto set = set_versions(native, options); !set) return tl::unexpected(set.error());
  std::array<int, kGroups.size()> groups = kGroups;
  if (wolfSSL_CTX_set_groups(native, groups.data(), static_cast<int>(groups.size())) !=
      WOLFSSL_SUCCESS) {
    return tl::unexpected(std::string("this TLS library lacks one of its key-exchange groups"));
  }
  if (!options.cert_file.empty()) {
    if (auto loaded = load_client_certificate(native, options); !loaded) {
      return tl::unexpected(loaded.error());
    }
    handle->has_client_certificate = true;
  }
  for (const std::string& protocol : options.alpn) {
    if (!handle->alpn.empty()) handle->alpn += ',';
    handle->alpn += protocol;
  }
#ifdef WOLFSSL_CONTEXT_RNG  // sessions and their context belong to one thread
  if (wolfSSL_CTX_new_rng(native) != WOLFSSL_SUCCESS) {
    return tl::unexpected(std::string("no random numbers for a TLS context"));
  }
#endif
#ifdef WOLFSSL_RAW_STAPLES
  if (wolfSSL_CTX_EnableOCSPStapling(native) != WOLFSSL_SUCCESS ||
      wolfSSL_CTX_UseOCSPStapling(native, WOLFSSL_CSR_OCSP, 0) != WOLFSSL_SUCCESS) {
    return tl::unexpected(std::string("no memory for a TLS context"));
  }
#endif
  wolfSSL_CTX_set_verify(native, WOLFSSL_VERIFY_NONE, &session_io::on_peer_chain);
  wolfSSL_CTX_set_session_cache_mode(native, WOLFSSL_SESS_CACHE_OFF);
  wolfSSL_CTX_SetIORecv(native, &session_io::on_receive);
  wolfSSL_CTX_SetIOSend(native, &session_io::on_send);
  return std::unique_ptr<Context>(new Context(options, std::move(handle)));
}

std::string library_version() { return std::string("wolfSSL ") + wolfSSL_lib_version(); }

}  // namespace tracer::ssl
