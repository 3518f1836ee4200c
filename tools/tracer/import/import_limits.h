// Every bound of an import in one place. The engine's own are in engine/limits.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tracer::import::limits {

inline constexpr std::size_t kMaxErrorsListed = 100;
inline constexpr std::size_t kMaxDocumentBytes = 0xFFFF'F000;   // simdjson indexes with 32 bits
inline constexpr std::uint64_t kMaxSetTextBytes = 0xFFF0'0000;  // a MonitorSet's arena likewise
inline constexpr unsigned kMaxDepth = 32;                       // maps and lists in each other
inline constexpr std::size_t kMaxValuesPerMonitor = 10'000;     // keys and list entries together
inline constexpr std::size_t kMaxKeyBytes = 64;                 // longer ones are unknown

inline constexpr std::size_t kMaxIdBytes = 256;
inline constexpr std::size_t kMaxLabels = 64;
inline constexpr std::size_t kMaxLabelKeyBytes = 128;
inline constexpr std::size_t kMaxLabelValueBytes = 1024;
inline constexpr std::size_t kMaxLocations = 256;
inline constexpr std::size_t kMaxLocationBytes = 128;
inline constexpr std::size_t kMaxPathBytes = 4096;
inline constexpr std::size_t kMaxAlpnNames = 16;
inline constexpr std::size_t kMaxAlpnNameBytes = 255;  // RFC 7301: a one-byte length
inline constexpr std::size_t kMaxPatternBytes = 4096;
inline constexpr std::size_t kMaxAssertionValues = 256;
inline constexpr std::size_t kMaxAssertionTextBytes = 4096;

inline constexpr std::int64_t kMinSubsecondIntervalMs = 1;
inline constexpr std::int64_t kMinAlertBeforeExpiryMs = 1000;
inline constexpr std::int64_t kMaxAlertBeforeExpiryMs = 3650LL * 24 * 60 * 60 * 1000;
inline constexpr std::int64_t kMaxAlertCount = 1000;
inline constexpr std::int64_t kMaxRepeatEveryMs = 365LL * 24 * 60 * 60 * 1000;

}  // namespace tracer::import::limits
