#include "bench/floor/tls_end.h"

#include <wolfssl/options.h>  // first: it configures the others

#include <wolfssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "bench/floor/floor.h"

namespace tracer::bench {
namespace {

WOLFSSL_CTX* made(WOLFSSL_METHOD* method) {
  wolfSSL_Init();
  WOLFSSL_CTX* context = wolfSSL_CTX_new(method);
  need(context != nullptr, "no memory for a TLS context");
  return context;
}

}  // namespace

WOLFSSL_CTX* client_context() {
  WOLFSSL_CTX* context = made(wolfSSLv23_client_method());
#ifdef WOLFSSL_CONTEXT_RNG
  need(wolfSSL_CTX_new_rng(context) == WOLFSSL_SUCCESS, "no random numbers for a TLS context");
#endif
  std::array groups{static_cast<int>(WOLFSSL_ECC_SECP256R1), static_cast<int>(WOLFSSL_ECC_X25519),
                    static_cast<int>(WOLFSSL_ECC_SECP384R1),
                    static_cast<int>(WOLFSSL_ECC_SECP521R1),
#ifdef HAVE_CURVE448
                    static_cast<int>(WOLFSSL_ECC_X448)
#endif
  };
  need(wolfSSL_CTX_SetMinVersion(context, WOLFSSL_TLSV1_2) == WOLFSSL_SUCCESS &&
           wolfSSL_CTX_set_groups(context, groups.data(), static_cast<int>(groups.size())) ==
               WOLFSSL_SUCCESS,
       "this TLS library lacks TLS 1.2 or one of the groups");
  wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_NONE, nullptr);
  wolfSSL_CTX_set_session_cache_mode(context, WOLFSSL_SESS_CACHE_OFF);
  return context;
}

WOLFSSL_CTX* server_context(const std::string& certificate_file, const std::string& key_file) {
  WOLFSSL_CTX* context = made(wolfTLSv1_3_server_method());
  need(wolfSSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) == WOLFSSL_SUCCESS,
       "no certificates in PEM in " + certificate_file);
  need(wolfSSL_CTX_use_PrivateKey_file(context, key_file.c_str(), WOLFSSL_FILETYPE_PEM) ==
               WOLFSSL_SUCCESS &&
           wolfSSL_CTX_check_private_key(context) == WOLFSSL_SUCCESS,
       "not that certificate's private key in PEM in " + key_file);
  wolfSSL_CTX_set_session_cache_mode(context, WOLFSSL_SESS_CACHE_OFF);
  return context;
}

End::End(WOLFSSL_CTX* context, bool server, const std::string& server_name)
    : native_(wolfSSL_new(context)), server_(server) {
  need(native_ != nullptr, "no memory for a TLS session");
  wolfSSL_SSLSetIORecv(native_, &on_receive);
  wolfSSL_SSLSetIOSend(native_, &on_send);
  wolfSSL_SetIOReadCtx(native_, this);
  wolfSSL_SetIOWriteCtx(native_, this);
  if (server_name.empty()) return;
  need(wolfSSL_UseSNI(native_, WOLFSSL_SNI_HOST_NAME, server_name.data(),
                      static_cast<unsigned short>(server_name.size())) == WOLFSSL_SUCCESS,
       "this TLS library takes no server name");
}

End::~End() { wolfSSL_free(native_); }

End::State End::handshake(std::span<const std::uint8_t> received) {
  input_ = received;
  const int result = server_ ? wolfSSL_accept(native_) : wolfSSL_connect(native_);
  if (result == WOLFSSL_SUCCESS) return State::kDone;
  const int error = wolfSSL_get_error(native_, result);
  return error == WOLFSSL_ERROR_WANT_READ ? State::kGoesOn : State::kFailed;
}

void End::close() { (void)wolfSSL_shutdown(native_); }

int End::on_receive(WOLFSSL*, char* buffer, int size, void* end) {
  auto& input = static_cast<End*>(end)->input_;
  if (input.empty()) return WOLFSSL_CBIO_ERR_WANT_READ;
  const std::size_t count = std::min(input.size(), static_cast<std::size_t>(size));
  std::memcpy(buffer, input.data(), count);
  input = input.subspan(count);
  return static_cast<int>(count);
}

int End::on_send(WOLFSSL*, char* bytes, int size, void* end) {
  auto& output = static_cast<End*>(end)->output_;
  output.insert(output.end(), bytes, bytes + size);
  return size;
}

}  // namespace tracer::bench
