// Every bound of the TLS layer's certificate work in one place, so that capacity can be reviewed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tracer::ssl::limits {

inline constexpr std::size_t kMaxHandshakeBytes = 64 * 1024;  // a peer's, in one handshake
inline constexpr std::size_t kMaxChainCertificates = 10;      // a peer may present
inline constexpr std::size_t kPeerExcerptBytes = 48;          // of a peer that does not speak TLS

inline constexpr std::size_t kMaxCertificateBytes = 64 * 1024;
inline constexpr std::size_t kMaxDerDepth = 16;
inline constexpr std::size_t kMaxExtensions = 64;
inline constexpr std::size_t kMaxGeneralNames = 4096;  // of one SAN or one name constraint

inline constexpr std::size_t kMaxPolicies = 256;  // of one certificate

inline constexpr std::size_t kMaxPresentedCertificates = 16;  // of one chain; the rest is ignored
inline constexpr std::size_t kMaxPathCertificates = 10;       // leaf and root included
inline constexpr std::size_t kMaxSignatureChecks = 64;        // of one judgement
inline constexpr std::size_t kMaxPathSteps = 1024;            // nodes of the search for paths
inline constexpr std::size_t kMaxNameComparisons = 1U << 16;  // names × constraints, a judgement
inline constexpr std::size_t kMaxValidPaths = 16;             // remembered of one chain

inline constexpr std::size_t kMaxCrlBytes = 32U * 1024 * 1024;
inline constexpr std::size_t kMaxCrlEntries = 1U << 20;    // of one list
inline constexpr std::size_t kMaxCrls = 1024;              // of one RevocationLists
inline constexpr std::size_t kMaxCrlSignatureChecks = 16;  // of one judgement; lists are large

inline constexpr std::size_t kMaxStapleBytes = 16 * 1024;  // longer ones are cut, so not valid
inline constexpr std::size_t kMaxOcspCertificates = 8;     // in one response
inline constexpr std::int64_t kMaxOcspEarly_s = 5 * 60;    // clocks differ

inline constexpr std::size_t kMaxPemBytes = 64U * 1024 * 1024;
inline constexpr std::size_t kMaxPemCertificates = 16 * 1024;

}  // namespace tracer::ssl::limits
