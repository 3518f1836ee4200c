#include "ssl/session.h"

#include <wolfssl/options.h>  // first: it configures the others

#include <wolfssl/error-ssl.h>
#include <wolfssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "ssl/certificate.h"
#include "ssl/context_handle.h"
#include "ssl/limits.h"
#include "ssl/protocol.h"

namespace tracer::ssl {
namespace {

// The wire number of a group that the library names in its own spelling.
std::uint16_t group_number(const char* name) {
  struct Spelling {
    std::string_view name;
    std::uint16_t number;
  };
  constexpr std::array<Spelling, 8> kSpellings{{{"SECP256R1", WOLFSSL_ECC_SECP256R1},
                                                {"SECP384R1", WOLFSSL_ECC_SECP384R1},
                                                {"SECP521R1", WOLFSSL_ECC_SECP521R1},
                                                {"X25519", WOLFSSL_ECC_X25519},
                                                {"X448", WOLFSSL_ECC_X448},
                                                {"FFDHE_2048", WOLFSSL_FFDHE_2048},
                                                {"FFDHE_3072", WOLFSSL_FFDHE_3072},
                                                {"FFDHE_4096", WOLFSSL_FFDHE_4096}}};
  if (name == nullptr) return 0;
  for (const Spelling& spelling : kSpellings) {
    if (spelling.name == name) return spelling.number;
  }
  return 0;
}

// How many encrypted records `flight` holds.
int encrypted_records(Bytes flight) {
  int count = 0;
  for (std::size_t at = 0; at + 5 <= flight.size();) {
    if (flight[at] == 23) ++count;
    at += 5U + static_cast<std::size_t>(flight[at + 3] << 8 | flight[at + 4]);
  }
  return count;
}

}  // namespace

int session_io::on_receive(WOLFSSL*, char* buffer, int size, void* context) {
  auto& session = *static_cast<Session*>(context);
  if (session.input_.empty()) {
    return session.transport_closed_ ? WOLFSSL_CBIO_ERR_CONN_CLOSE : WOLFSSL_CBIO_ERR_WANT_READ;
  }
  const std::size_t count = std::min(session.input_.size(), static_cast<std::size_t>(size));
  std::memcpy(buffer, session.input_.data(), count);
  session.input_ = session.input_.subspan(count);
  return static_cast<int>(count);
}

int session_io::on_send(WOLFSSL*, char* bytes, int size, void* context) {
  auto& session = *static_cast<Session*>(context);
  session.output_.insert(session.output_.end(), bytes, bytes + size);
  return size;
}

// Accepts whatever the chain is: it is judged elsewhere, from the bytes kept here.
int session_io::on_peer_chain(int, WOLFSSL_X509_STORE_CTX* store) {
  if (store->userCtx != nullptr) static_cast<Session*>(store->userCtx)->take_chain(*store);
  return 1;
}

// The first one is the leaf's; TLS 1.3 knows staples for the others too.
int session_io::on_staple(void* context, const char*, int, unsigned char* staple, int size,
                          unsigned char**) {
  auto& session = *static_cast<Session*>(context);
  const std::size_t length =
      std::min(static_cast<std::size_t>(std::max(size, 0)), limits::kMaxStapleBytes);
  if (session.staple_.empty()) session.staple_.assign(staple, staple + length);
  return 0;
}

void Session::take_chain(const WOLFSSL_X509_STORE_CTX& store) {
  presented_ = static_cast<std::size_t>(std::max(store.totalCerts, 0));
  chain_.clear();
  chain_views_.clear();
  for (std::size_t i = 0; i < std::min(presented_, limits::kMaxChainCertificates); ++i) {
    const WOLFSSL_BUFFER_INFO& der = store.certs[i];
    chain_.emplace_back(der.buffer, der.buffer + der.length);
  }
  for (const auto& der : chain_) chain_views_.emplace_back(der);
}

std::unique_ptr<Session> Session::create(Context& context, std::string_view server_name) {
  std::unique_ptr<Session> session(new (std::nothrow) Session);
  if (!session) return nullptr;
  Context::Handle& handle = context.handle();
  session->native_ = wolfSSL_new(handle.native);
  if (session->native_ == nullptr) return nullptr;
  WOLFSSL* native = session->native_;
  session->has_client_certificate_ = handle.has_client_certificate;
  wolfSSL_SetIOReadCtx(native, session.get());
  wolfSSL_SetIOWriteCtx(native, session.get());
  wolfSSL_SetCertCbCtx(native, session.get());
#ifdef WOLFSSL_RAW_STAPLES
  wolfSSL_SetOCSP_Cb(native, &session_io::on_staple, nullptr, session.get());
#endif
  if (!server_name.empty() &&
      wolfSSL_UseSNI(native, WOLFSSL_SNI_HOST_NAME, server_name.data(),
                     static_cast<unsigned short>(server_name.size())) != WOLFSSL_SUCCESS) {
    return nullptr;
  }
  if (!handle.alpn.empty() &&
      wolfSSL_UseALPN(native, handle.alpn.data(), static_cast<unsigned>(handle.alpn.size()),
                      WOLFSSL_ALPN_CONTINUE_ON_MISMATCH) != WOLFSSL_SUCCESS) {
    return nullptr;
  }
  return session;
}

Session::~Session() {
  if (native_ != nullptr) wolfSSL_free(native_);
}

void Session::begin_input(Bytes received) {
  if (unread_.empty()) {
    input_ = received;
    return;
  }
  unread_.insert(unread_.end(), received.begin(), received.end());
  input_ = unread_;
}

// The input belongs to the caller: what the library has not read yet is kept.
void Session::end_input() {
  std::vector<std::uint8_t> rest(input_.begin(), input_.end());
  unread_ = std::move(rest);
  input_ = {};
}

Session::Status Session::finish_handshake() {
  if (chain_.empty()) return fail(SessionError::kProtocol, "the server sent no certificate");
  if (presented_ > limits::kMaxChainCertificates) return fail_with(MAX_CHAIN_ERROR);
  done_ = true;
  protocol_ = static_cast<std::uint16_t>(wolfSSL_version(native_));
  cipher_suite_ = static_cast<std::uint16_t>(wolfSSL_get_current_cipher_suite(native_));
  // Up to TLS 1.2 the library names a curve even where none was used.
  const bool tls13 = protocol_ == static_cast<std::uint16_t>(ProtocolVersion::kTls13);
  if (tls13) {
    group_ = group_number(wolfSSL_get_curve_name(native_));
  } else if (cipher_suite_name(cipher_suite_).find("_ECDHE_") != std::string::npos) {
    group_ = observer_.named_curve();
  }
  char* name = nullptr;
  unsigned short length = 0;
  if (wolfSSL_ALPN_GetProtocol(native_, &name, &length) == WOLFSSL_SUCCESS && name != nullptr) {
    alpn_.assign(name, length);
  }
  // In TLS 1.3 the request is encrypted and the library does not tell of it; but the last flight
  // then holds a Certificate record before Finished.
  certificate_requested_ = tls13 && encrypted_records(output_) > 1;
  return Status::kDone;
}

Session::Status Session::handshake(Bytes received) {
  if (error_ != SessionError::kNone) return Status::kFailed;
  observer_.observe(received);
  if (first_bytes_.size() < limits::kPeerExcerptBytes) {
    const std::size_t room = limits::kPeerExcerptBytes - first_bytes_.size();
    const Bytes head = received.first(std::min(room, received.size()));
    first_bytes_.append(head.begin(), head.end());
  }
  if (observer_.not_tls()) return fail_with(0);
  handshake_bytes_ += received.size();
  if (handshake_bytes_ > limits::kMaxHandshakeBytes) {
    return fail(SessionError::kProtocol, "more than " + std::to_string(limits::kMaxHandshakeBytes) +
                                             " bytes of handshake without an end");
  }
  begin_input(received);
  const int result = wolfSSL_connect(native_);
  const int code = result == WOLFSSL_SUCCESS ? 0 : wolfSSL_get_error(native_, result);
  end_input();
  if (result == WOLFSSL_SUCCESS) return finish_handshake();
  if (code == WOLFSSL_ERROR_WANT_READ || code == WOLFSSL_ERROR_WANT_WRITE) {
    return Status::kWantRead;
  }
  return fail_with(code);
}

Session::Status Session::peer_closed() {
  transport_closed_ = true;
  if (!done_) {
    const Status status = handshake({});
    return status == Status::kWantRead ? fail_with(SOCKET_ERROR_E) : status;
  }
  return fail(SessionError::kClosed, "the server closed the connection");
}

bool Session::write(std::string_view plaintext) {
  while (!plaintext.empty()) {
    const int count = wolfSSL_write(native_, plaintext.data(), static_cast<int>(plaintext.size()));
    if (count <= 0) {
      fail_with(wolfSSL_get_error(native_, count));
      return false;
    }
    plaintext.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void Session::close() {
  if (done_ && error_ == SessionError::kNone) (void)wolfSSL_shutdown(native_);
}

Session::Status Session::read(Bytes received, std::string& plaintext) {
  if (error_ != SessionError::kNone) return Status::kFailed;
  begin_input(received);
  std::array<char, 4096> piece{};
  int count = 0;
  while ((count = wolfSSL_read(native_, piece.data(), static_cast<int>(piece.size()))) > 0) {
    plaintext.append(piece.data(), static_cast<std::size_t>(count));
  }
  const int code = wolfSSL_get_error(native_, count);
  end_input();
  if (code == WOLFSSL_ERROR_WANT_READ || code == WOLFSSL_ERROR_WANT_WRITE) {
    return Status::kWantRead;
  }
  if (code == WOLFSSL_ERROR_ZERO_RETURN || code == ZERO_RETURN) return Status::kDone;
  return fail_with(code);
}

}  // namespace tracer::ssl
