// What it means that a session has failed (Session of ssl/session.h): from the library's error, the
// alert and what was seen of the peer to a SessionError and its detail.
#include <wolfssl/options.h>  // first: it configures the others

#include <wolfssl/error-ssl.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include <array>
#include <utility>

#include "ssl/certificate.h"
#include "ssl/limits.h"
#include "ssl/protocol.h"
#include "ssl/session.h"

namespace tracer::ssl {
namespace {

constexpr std::uint8_t kAlertHandshakeFailure = 40;
constexpr std::uint8_t kAlertNoCertificate = 41;
constexpr std::uint8_t kAlertBadCertificate = 42;
constexpr std::uint8_t kAlertProtocolVersion = 70;
constexpr std::uint8_t kAlertInsufficientSecurity = 71;
constexpr std::uint8_t kAlertCertificateRequired = 116;

std::string printable(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else if (c == '\r') {
      text += "\\r";
    } else if (c == '\n') {
      text += "\\n";
    } else {
      text += "\\x";
      text += kHex[byte >> 4];
      text += kHex[byte & 15];
    }
  }
  return text;
}

std::string library_reason(int code) {
  std::array<char, WOLFSSL_MAX_ERROR_SZ> text{};
  wolfSSL_ERR_error_string_n(static_cast<unsigned long>(code), text.data(), text.size());
  return text.data();
}

// Errors by which the library says that it cannot, as opposed to the peer being wrong: key kinds,
// curves and sizes it was not built for.
bool library_cannot(int code) {
  switch (code) {
    case ECC_CURVE_OID_E:
    case ECC_OUT_OF_RANGE_E:
    case ASN_UNKNOWN_OID_E:
    case ASN_ALT_NAME_E:  // more names than it counts
    case ALGO_ID_E:
    case MP_INIT_E:
    case MP_TO_E:
    case RSA_KEY_SIZE_E:
    case ECC_KEY_SIZE_E:
      return true;
    default:
      return false;
  }
}

// Errors of reading DER. While there is no chain yet, it is a certificate that cannot be read.
bool der_is_malformed(int code) {
  switch (code) {
    case ASN_PARSE_E:
    case ASN_VERSION_E:
    case ASN_GETINT_E:
    case ASN_RSA_KEY_E:
    case ASN_OBJECT_ID_E:
    case ASN_TAG_NULL_E:
    case ASN_EXPECT_0_E:
    case ASN_BITSTR_E:
    case ASN_DATE_SZ_E:
    case ASN_TIME_E:
    case ASN_INPUT_E:
    case ASN_ECC_KEY_E:
    case BUFFER_E:  // a length that points beyond the end
      return true;
    default:
      return false;
  }
}

// Key kinds and sizes that the library is not built for, whatever error they end in.
bool key_is_beyond_library(Bytes leaf) {
  constexpr std::uint32_t kMostRsaBits = 4096;
  const auto facts = read_certificate(leaf);
  if (!facts) return false;
  switch (facts->key_type) {
    case KeyType::kRsa:
      return facts->key_bits > kMostRsaBits;
    case KeyType::kEc:
      return facts->key_curve != "P-256" && facts->key_curve != "P-384" &&
             facts->key_curve != "P-521";
    case KeyType::kEd25519:
    case KeyType::kEd448:
      return false;
    case KeyType::kRsaPss:
    case KeyType::kDsa:
    case KeyType::kUnknown:
      return true;
  }
  return false;
}

}  // namespace

Session::Status Session::fail(SessionError error, std::string detail) {
  if (error_ == SessionError::kNone) {
    error_ = error;
    detail_ = std::move(detail);
  }
  return Status::kFailed;
}

Session::Status Session::fail_with_alert(std::uint8_t alert) {
  alert_ = alert;
  const std::string said = "the server sent alert " + alert_name(alert);
  const bool asked = observer_.certificate_requested() || certificate_requested_;
  const bool hello_refused = observer_.server_version() == 0;
  const bool about_certificate = alert == kAlertHandshakeFailure || alert == kAlertNoCertificate ||
                                 alert == kAlertBadCertificate;
  if (alert == kAlertCertificateRequired ||
      (about_certificate && asked && !has_client_certificate_)) {
    return fail(SessionError::kClientCertificateRequired,
                said + " after it had asked for a client certificate");
  }
  if (alert == kAlertProtocolVersion) {
    return fail(SessionError::kVersionUnsupported, said + " to the versions we offered");
  }
  if (alert == kAlertInsufficientSecurity || (alert == kAlertHandshakeFailure && hello_refused)) {
    return fail(SessionError::kNoCommonCipher, said + " to our ClientHello");
  }
  return fail(SessionError::kAlert, said);
}

Session::Status Session::fail_closed() {
  if (!observer_.anything()) {
    return fail(SessionError::kClosed, "the server closed without a word of TLS");
  }
  // Some servers refuse without an alert.
  if (observer_.certificate_requested() && !has_client_certificate_) {
    return fail(SessionError::kClientCertificateRequired,
                "the server closed after it had asked for a client certificate");
  }
  return fail(SessionError::kClosed, "the server closed during the TLS handshake");
}

Session::Status Session::fail_with(int library_code) {
  if (observer_.not_tls()) {
    return fail(SessionError::kNotTls, "the server said \"" + printable(first_bytes_) + "\"");
  }
  WOLFSSL_ALERT_HISTORY history{};
  const bool alerted = wolfSSL_get_alert_history(native_, &history) == WOLFSSL_SUCCESS &&
                       history.last_rx.code > 0 && history.last_rx.level == alert_fatal;
  if (alerted) return fail_with_alert(static_cast<std::uint8_t>(history.last_rx.code));
  switch (library_code) {
    case SOCKET_ERROR_E:
    case SOCKET_PEER_CLOSED_E:
    case ZERO_RETURN:
    case WOLFSSL_ERROR_ZERO_RETURN:
      return fail_closed();
    case MEMORY_E:
    case MEMORY_ERROR:
      return fail(SessionError::kNoMemory, "no memory for TLS");
    default:
      break;
  }
  // What the handshake has agreed on is no longer in question.
  if (done_) return fail(SessionError::kProtocol, library_reason(library_code));
  switch (library_code) {
    case VERSION_ERROR:
      return fail(SessionError::kVersionUnsupported,
                  "the server offered " + protocol_name(observer_.server_version()));
    case MATCH_SUITE_ERROR:
    case UNSUPPORTED_SUITE:
      return fail(SessionError::kNoCommonCipher, library_reason(library_code));
    case MAX_CHAIN_ERROR:
      return fail(SessionError::kProtocol, "the server presented more than " +
                                               std::to_string(limits::kMaxChainCertificates) +
                                               " certificates");
    default:
      break;
  }
  if (chain_.empty() && der_is_malformed(library_code)) {
    return fail(SessionError::kCertificateMalformed,
                "a presented certificate cannot be read: " + library_reason(library_code));
  }
  const bool ours = library_cannot(library_code) ||
                    (!chain_views_.empty() && key_is_beyond_library(chain_views_.front()));
  return fail(ours ? SessionError::kUnsupportedByProber : SessionError::kProtocol,
              library_reason(library_code));
}

}  // namespace tracer::ssl
