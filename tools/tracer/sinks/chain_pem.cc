#include "tools/tracer/sinks/chain_pem.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tracer::cli {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t kLineBytes = 48;  // 64 characters, as RFC 7468 has it

void append_base64(std::string& out, std::span<const std::uint8_t> bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t present = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t index = 0; index < 3; ++index) {
      group = (group << 8U) | (index < present ? bytes[at + index] : 0U);
    }
    for (std::size_t index = 0; index < 4; ++index) {
      const std::uint32_t digit = (group >> (18U - 6U * index)) & 0x3FU;
      out += index <= present ? kAlphabet[digit] : '=';
    }
  }
}

}  // namespace

std::string chain_pem(const ssl::ChainReport& chain) {
  std::string out;
  for (const std::vector<std::uint8_t>& der : chain.der) {
    out += "-----BEGIN CERTIFICATE-----\n";
    for (std::size_t at = 0; at < der.size(); at += kLineBytes) {
      const std::size_t length = std::min(kLineBytes, der.size() - at);
      append_base64(out, std::span(der).subspan(at, length));
      out += '\n';
    }
    out += "-----END CERTIFICATE-----\n";
  }
  return out;
}

}  // namespace tracer::cli
