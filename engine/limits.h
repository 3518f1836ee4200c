// Every bound of the engine in one place, so that capacity can be reviewed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tracer::engine::limits {

inline constexpr std::size_t kMaxNameBytes = 256;
inline constexpr std::size_t kMaxHostBytes = 253;
inline constexpr std::size_t kMaxAssertions = 32;  // of one monitor, after expansion
inline constexpr std::uint32_t kMaxRetries = 10;

inline constexpr std::int64_t kMinTimeoutMs = 1;
inline constexpr std::int64_t kMaxTimeoutMs = 5 * 60 * 1000;
inline constexpr std::int64_t kMinIntervalMs = 1000;
inline constexpr std::int64_t kMaxIntervalMs = 24LL * 60 * 60 * 1000;
inline constexpr std::int64_t kMaxRetryDelayMs = 5 * 60 * 1000;

inline constexpr std::size_t kMaxResponseBytes = 64 * 1024;  // kept of what a server sends
inline constexpr std::size_t kMaxSendBytes = 64 * 1024;      // of send_after_connect
inline constexpr std::size_t kExcerptBytes = 64;             // of a response, in an outcome
inline constexpr std::size_t kDetailBytes = 160;             // of a failure's detail
inline constexpr std::size_t kMaxAddresses = 16;             // of one name, kept and tried

// How long a TLS 1.3 server that asked for a client certificate is given to say no to it.
inline constexpr std::int64_t kRefusalWindowNs = 1'000'000'000;

inline constexpr std::size_t kCompletionsPerTick = 256;
inline constexpr std::size_t kReceiveBufferBytes = 4096;  // of one provided buffer
inline constexpr std::size_t kReceiveBuffers = 1024;      // of a shard; a power of two
static_assert((kReceiveBuffers & (kReceiveBuffers - 1)) == 0);
static_assert(kReceiveBuffers >= kCompletionsPerTick);

}  // namespace tracer::engine::limits
