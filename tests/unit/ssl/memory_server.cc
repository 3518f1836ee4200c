#include "tests/unit/ssl/memory_server.h"

#include <wolfssl/options.h>  // first: it configures the others

#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "tests/unit/ssl/chains.h"

namespace tracer::ssl::testing {
namespace {

void need(int result, const char* what) {
  if (result != WOLFSSL_SUCCESS) {
    throw std::runtime_error(std::string("the test server: ") + what + ": " +
                             std::to_string(result));
  }
}

struct Version {
  ProtocolVersion version;
  int library;  // for SetMinVersion
  long forbid;  // the option that forbids it
};
constexpr std::array<Version, 4> kVersions{{
    {ProtocolVersion::kTls10, WOLFSSL_TLSV1, WOLFSSL_OP_NO_TLSv1},
    {ProtocolVersion::kTls11, WOLFSSL_TLSV1_1, WOLFSSL_OP_NO_TLSv1_1},
    {ProtocolVersion::kTls12, WOLFSSL_TLSV1_2, WOLFSSL_OP_NO_TLSv1_2},
    {ProtocolVersion::kTls13, WOLFSSL_TLSV1_3, WOLFSSL_OP_NO_TLSv1_3},
}};

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string pem_of(const std::vector<std::string>& names) {
  std::string pem;
  for (const std::string& name : names) pem += chain_file_text(name + ".pem");
  return pem;
}

}  // namespace

MemoryServer::MemoryServer(const ServerOptions& options) {
  wolfSSL_Init();
  context_ = wolfSSL_CTX_new(wolfSSLv23_server_method());
  if (context_ == nullptr) throw std::runtime_error("the test server: no context");
  configure(options);
  native_ = wolfSSL_new(context_);
  if (native_ == nullptr) throw std::runtime_error("the test server: no session");
  wolfSSL_SetIOReadCtx(native_, this);
  wolfSSL_SetIOWriteCtx(native_, this);
  wolfSSL_SetCertCbCtx(native_, this);
  if (!options.alpn.empty()) {
    std::string protocols = options.alpn;
    need(wolfSSL_UseALPN(native_, protocols.data(), static_cast<unsigned>(protocols.size()),
                         WOLFSSL_ALPN_CONTINUE_ON_MISMATCH),
         "ALPN");
  }
}

MemoryServer::~MemoryServer() {
  wolfSSL_free(native_);
  wolfSSL_CTX_free(context_);
  wolfSSL_Cleanup();
}

void MemoryServer::configure(const ServerOptions& options) {
  for (const Version& version : kVersions) {
    if (version.version == options.min_version) {
      need(wolfSSL_CTX_SetMinVersion(context_, version.library), "version");
    }
    if (version.version > options.max_version) wolfSSL_CTX_set_options(context_, version.forbid);
  }
  const std::string chain = pem_of(options.chain);
  need(wolfSSL_CTX_use_certificate_chain_buffer(context_, bytes_of(chain),
                                                static_cast<long>(chain.size())),
       "chain");
  const std::string key =
      chain_file_text((options.key.empty() ? options.chain.front() : options.key) + ".key");
  need(wolfSSL_CTX_use_PrivateKey_buffer(context_, bytes_of(key), static_cast<long>(key.size()),
                                         WOLFSSL_FILETYPE_PEM),
       "key");
  if (!options.ciphers.empty()) {
    need(wolfSSL_CTX_set_cipher_list(context_, options.ciphers.c_str()), "ciphers");
  }
  if (!options.groups.empty()) {
    std::vector<int> groups = options.groups;
    need(wolfSSL_CTX_set_groups(context_, groups.data(), static_cast<int>(groups.size())),
         "groups");
  }
  if (options.curve_bytes != 0) {
    need(wolfSSL_CTX_SetTmpEC_DHE_Sz(context_, options.curve_bytes), "curve");
  }
  int verify = WOLFSSL_VERIFY_NONE;
  if (options.wants_client_certificate || options.requires_client_certificate) {
    const std::string roots = pem_of({"root", "intermediate"});
    need(wolfSSL_CTX_load_verify_buffer_ex(context_, bytes_of(roots),
                                           static_cast<long>(roots.size()), WOLFSSL_FILETYPE_PEM, 0,
                                           WOLFSSL_LOAD_FLAG_DATE_ERR_OKAY),
         "client CA");
    verify = WOLFSSL_VERIFY_PEER;
  }
  if (options.requires_client_certificate) verify |= WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  wolfSSL_CTX_set_verify(context_, verify, &on_client_chain);
  wolfSSL_CTX_SetIORecv(context_, &on_receive);
  wolfSSL_CTX_SetIOSend(context_, &on_send);
}

int MemoryServer::on_receive(WOLFSSL*, char* buffer, int size, void* server) {
  auto& input = static_cast<MemoryServer*>(server)->input_;
  if (input.empty()) return WOLFSSL_CBIO_ERR_WANT_READ;
  const auto count = std::min(input.size(), static_cast<std::size_t>(size));
  std::copy_n(input.begin(), count, buffer);
  input.erase(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(count));
  return static_cast<int>(count);
}

int MemoryServer::on_send(WOLFSSL*, char* bytes, int size, void* server) {
  auto& output = static_cast<MemoryServer*>(server)->output_;
  output.insert(output.end(), bytes, bytes + size);
  return size;
}

// The test certificates are those of one year, whatever the clock of the machine says.
int MemoryServer::on_client_chain(int verified, WOLFSSL_X509_STORE_CTX* store) {
  if (store->userCtx != nullptr) {
    static_cast<MemoryServer*>(store->userCtx)->client_certificates_ = store->totalCerts;
  }
  const bool only_dates = store->error == ASN_BEFORE_DATE_E || store->error == ASN_AFTER_DATE_E;
  return verified == 1 || only_dates ? 1 : 0;
}

void MemoryServer::feed(Bytes received) {
  if (server_name_.empty()) {
    std::array<unsigned char, 256> name{};
    unsigned size = name.size();
    if (wolfSSL_SNI_GetFromBuffer(received.data(), static_cast<unsigned>(received.size()),
                                  WOLFSSL_SNI_HOST_NAME, name.data(), &size) == WOLFSSL_SUCCESS) {
      server_name_.assign(name.begin(), name.begin() + size);
    }
  }
  input_.insert(input_.end(), received.begin(), received.end());
  if (!done_ && !failed_) {
    const int result = wolfSSL_accept(native_);
    done_ = result == WOLFSSL_SUCCESS;
    failed_ = !done_ && wolfSSL_get_error(native_, result) != WOLFSSL_ERROR_WANT_READ;
  }
  if (done_) read();
}

void MemoryServer::read() {
  std::array<char, 4096> piece{};
  int count = 0;
  while ((count = wolfSSL_read(native_, piece.data(), static_cast<int>(piece.size()))) > 0) {
    plaintext_.append(piece.data(), static_cast<std::size_t>(count));
  }
  const int error = wolfSSL_get_error(native_, count);
  client_closed_ = client_closed_ || error == WOLFSSL_ERROR_ZERO_RETURN;
  failed_ = failed_ || (error != WOLFSSL_ERROR_WANT_READ && error != WOLFSSL_ERROR_ZERO_RETURN);
}

std::vector<std::uint8_t> MemoryServer::take_output() {
  std::vector<std::uint8_t> out;
  out.swap(output_);
  return out;
}

void MemoryServer::write(std::string_view plaintext) {
  while (!plaintext.empty()) {
    const int count = wolfSSL_write(native_, plaintext.data(), static_cast<int>(plaintext.size()));
    if (count <= 0) throw std::runtime_error("the test server cannot write");
    plaintext.remove_prefix(static_cast<std::size_t>(count));
  }
}

void MemoryServer::close() { (void)wolfSSL_shutdown(native_); }

}  // namespace tracer::ssl::testing
