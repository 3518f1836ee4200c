#include "tools/fleetsim/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>

namespace tracer::fleetsim {
namespace {

int wire_version(TlsVersion version) {
  switch (version) {
    case TlsVersion::k10:
      return TLS1_VERSION;
    case TlsVersion::k11:
      return TLS1_1_VERSION;
    case TlsVersion::k12:
      return TLS1_2_VERSION;
    case TlsVersion::k13:
      return TLS1_3_VERSION;
  }
  return 0;
}

int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                unsigned in_size, void*) {
  static constexpr unsigned char kOffered[] = "\x02h2\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kOffered, sizeof(kOffered) - 1, in, in_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// `two` is the context of two.fleet.test; the connection begins in that of one.fleet.test.
int choose_name(SSL* ssl, int* alert, void* two) {
  const char* sent = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const std::string_view name = sent != nullptr ? sent : "";
  if (name == "one.fleet.test") return SSL_TLSEXT_ERR_OK;
  if (name == "two.fleet.test") {
    SSL_set_SSL_CTX(ssl, static_cast<SSL_CTX*>(two));
    return SSL_TLSEXT_ERR_OK;
  }
  *alert = SSL_AD_UNRECOGNIZED_NAME;
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool use_credential(SSL_CTX* context, const Credential& credential) {
  STACK_OF(X509)* chain = sk_X509_new_null();
  if (chain == nullptr) return false;
  for (X509* next : credential.chain) sk_X509_push(chain, next);
  const bool ok = SSL_CTX_use_cert_and_key(context, credential.certificate.get(),
                                           credential.key.get(), chain, 1) == 1;
  sk_X509_free(chain);
  return ok;
}

bool require_client_certificate(SSL_CTX* context, const Pki& pki) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return X509_STORE_add_cert(SSL_CTX_get_cert_store(context), pki.root()) == 1 &&
         SSL_CTX_add_client_CA(context, pki.root()) == 1;
}

}  // namespace

void TlsStream::Free::operator()(ssl_st* ssl) const { SSL_free(ssl); }
void TlsServer::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

TlsServer::Context TlsServer::make_context(const Pki& pki, const TlsProfile& profile) {
  Context made(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = made.get();
  if (context == nullptr) return nullptr;
  // OpenSSL 3 speaks TLS below 1.2 at security level 0 alone.
  const char* ciphers = profile.min < TlsVersion::k12 ? "DEFAULT:@SECLEVEL=0" : "DEFAULT";
  char groups[] = "P-256:X25519:P-384:P-521";
  bool ok = SSL_CTX_set_min_proto_version(context, wire_version(profile.min)) &&
            SSL_CTX_set_max_proto_version(context, wire_version(profile.max)) &&
            SSL_CTX_set_cipher_list(context, ciphers) &&
            SSL_CTX_set1_groups_list(context, groups) &&
            use_credential(context, pki.credential(profile.leaf));
  // Nothing is remembered of a connection, and an idle one holds no buffers: ten thousand of them
  // are to fit. NO_AUTO_CHAIN: what a service presents is what its credential says, nothing more.
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_read_ahead(context, 1);
  if (profile.client_certificate) ok = ok && require_client_certificate(context, pki);
  if (profile.alpn) SSL_CTX_set_alpn_select_cb(context, choose_alpn, nullptr);
  return ok ? std::move(made) : nullptr;
}

tl::expected<TlsServer, std::string> TlsServer::create(const Pki& pki,
                                                       std::span<const Service> services) {
  TlsServer server;
  server.many_ = pki.many();
  server.next_of_many_ = std::make_unique<std::atomic<std::size_t>>(0);
  const auto failed = [](std::string_view name) {
    const char* reason = ERR_reason_error_string(ERR_peek_error());
    return tl::make_unexpected("cannot set up TLS for " + std::string(name) + ": " +
                               (reason != nullptr ? reason : "OpenSSL gave no reason"));
  };
  for (const Service& service : services) {
    if (!service.tls) continue;
    Context context = make_context(pki, *service.tls);
    if (context == nullptr) return failed(service.name);
    if (service.tls->sni) {
      TlsProfile second = *service.tls;
      second.leaf = Leaf::kSniTwo;
      server.sni_two_ = make_context(pki, second);
      if (server.sni_two_ == nullptr) return failed(service.name);
      SSL_CTX_callback_ctrl(context.get(), SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                            reinterpret_cast<void (*)()>(choose_name));
      SSL_CTX_set_tlsext_servername_arg(context.get(), server.sni_two_.get());
    }
    server.contexts_.emplace(service.offset, std::move(context));
  }
  return server;
}

TlsStream TlsServer::accept(const Service& service, int socket) const {
  TlsStream stream;
  stream.ssl_.reset(SSL_new(contexts_.at(service.offset).get()));
  if (stream && SSL_set_fd(stream.ssl_.get(), socket) != 1) stream.reset();
  if (stream && service.tls->many && !many_.empty()) {
    // The chain after the leaf stays the context's.
    const Credential& leaf = many_[next_of_many_->fetch_add(1) % many_.size()];
    if (SSL_use_certificate(stream.ssl_.get(), leaf.certificate.get()) != 1 ||
        SSL_use_PrivateKey(stream.ssl_.get(), leaf.key.get()) != 1) {
      stream.reset();
    }
  }
  return stream;
}

TlsResult TlsStream::result_of(int returned, std::size_t bytes) {
  if (returned > 0) return {.status = TlsStatus::kDone, .bytes = bytes};
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return {.status = TlsStatus::kAgain};
    case SSL_ERROR_WANT_WRITE:
      return {.status = TlsStatus::kAgain, .wants_write = true};
    case SSL_ERROR_ZERO_RETURN:
      return {.status = TlsStatus::kClosed};
    default:
      return {.status = TlsStatus::kFailed};
  }
}

// SSL_get_error reads the thread's error queue, so what an earlier connection left must go first.
TlsResult TlsStream::handshake() {
  ERR_clear_error();
  return result_of(SSL_accept(ssl_.get()), 0);
}

TlsResult TlsStream::read(std::span<char> into) {
  ERR_clear_error();
  std::size_t bytes = 0;
  const int returned = SSL_read_ex(ssl_.get(), into.data(), into.size(), &bytes);
  return result_of(returned, bytes);
}

TlsResult TlsStream::write(std::string_view text) {
  ERR_clear_error();
  std::size_t bytes = 0;
  const int returned = SSL_write_ex(ssl_.get(), text.data(), text.size(), &bytes);
  return result_of(returned, bytes);
}

void TlsStream::say_goodbye() {
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
}

}  // namespace tracer::fleetsim
