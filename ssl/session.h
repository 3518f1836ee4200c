// One TLS client connection without I/O: ciphertext that arrived is fed in, ciphertext to send is
// taken from output(). The owner moves the bytes. Belongs to one thread, the one of its Context,
// which must outlive it.
//
// Usage: handshake({}) makes the ClientHello; then, until it answers kDone or kFailed, send
// output(), clear_output(), and hand what arrives to handshake(). After kDone the client's last
// flight is in output() and has not left: the owner judges peer_chain() first.
//
// Invariants: the handshake never completes without a server certificate whose private key the
// server proved to hold; a failed session stays failed; at most limits of handshake bytes and
// certificates are taken from a peer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ssl/certificate.h"
#include "ssl/context.h"
#include "ssl/record_observer.h"
#include "ssl/session_io.h"

struct WOLFSSL;

namespace tracer::ssl {

enum class SessionError : std::uint8_t {
  kNone,
  kNotTls,
  kVersionUnsupported,
  kNoCommonCipher,
  kAlert,  // alert() says which
  kClosed,
  kProtocol,
  kCertificateMalformed,
  kClientCertificateRequired,
  kUnsupportedByProber,
  kNoMemory,
};

class Session {
 public:
  enum class Status : std::uint8_t { kWantRead, kDone, kFailed };

  // server_name: for SNI; empty sends none. Null when there is no memory.
  static std::unique_ptr<Session> create(Context& context, std::string_view server_name);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Status handshake(Bytes received);
  // The transport ended: whatever was under way fails.
  Status peer_closed();

  // Encrypts into output(). REQUIRES: the handshake is done.
  bool write(std::string_view plaintext);
  // Decrypts `received` and appends what it holds to `plaintext`. kDone: the peer ended TLS
  // properly; kFailed: error() says why.
  Status read(Bytes received, std::string& plaintext);

  // Appends close_notify to output(), where the handshake is done. Nothing may follow.
  void close();

  Bytes output() const { return output_; }
  void clear_output() { output_.clear(); }

  SessionError error() const { return error_; }
  std::uint8_t alert() const { return alert_; }
  const std::string& detail() const { return detail_; }

  // As presented, leaf first; empty before the server's Certificate message. Also after failures.
  const std::vector<Bytes>& peer_chain() const { return chain_views_; }
  // The OCSP response that the server stapled, unjudged; empty: none. The library has to be the
  // one that tools/setup builds: another one cannot hand staples over, and is not told to ask.
  Bytes staple() const { return staple_; }
  std::uint16_t protocol() const { return protocol_; }
  std::uint16_t cipher_suite() const { return cipher_suite_; }
  std::uint16_t group() const { return group_; }
  const std::string& alpn() const { return alpn_; }
  // A server that speaks TLS 1.3 asked for a client certificate: for want of one, or because it
  // does not like ours, it may still refuse us by an alert that comes after the handshake.
  bool may_still_refuse() const { return certificate_requested_; }

 private:
  friend int session_io::on_receive(WOLFSSL*, char*, int, void*);
  friend int session_io::on_send(WOLFSSL*, char*, int, void*);
  friend int session_io::on_peer_chain(int, WOLFSSL_X509_STORE_CTX*);
  friend int session_io::on_staple(void*, const char*, int, unsigned char*, int, unsigned char**);

  Session() = default;
  void begin_input(Bytes received);
  void end_input();
  Status fail(SessionError error, std::string detail);
  Status fail_with(int library_code);
  Status fail_closed();
  Status fail_with_alert(std::uint8_t alert);
  Status finish_handshake();
  void take_chain(const WOLFSSL_X509_STORE_CTX& store);

  WOLFSSL* native_ = nullptr;
  bool has_client_certificate_ = false;
  bool done_ = false;
  bool transport_closed_ = false;
  bool certificate_requested_ = false;
  SessionError error_ = SessionError::kNone;
  std::uint8_t alert_ = 0;
  std::uint16_t protocol_ = 0;
  std::uint16_t cipher_suite_ = 0;
  std::uint16_t group_ = 0;
  std::size_t handshake_bytes_ = 0;
  std::size_t presented_ = 0;  // certificates, those over the limit included
  RecordObserver observer_;
  Bytes input_;                       // what the library may read now
  std::vector<std::uint8_t> unread_;  // what it left of earlier input
  std::vector<std::uint8_t> output_;
  std::vector<std::vector<std::uint8_t>> chain_;
  std::vector<Bytes> chain_views_;
  std::vector<std::uint8_t> staple_;
  std::string first_bytes_;  // of the peer, for the detail of kNotTls
  std::string alpn_;
  std::string detail_;
};

}  // namespace tracer::ssl
