// The certificate chain of one target as people read it (`tracer cert`): what was negotiated,
// whether the chain is trusted and why not, and each certificate under the one it vouches for.
// Pure.
#pragma once

#include <cstdint>
#include <string>

#include "engine/monitor.h"
#include "engine/report.h"
#include "ssl/certificate.h"
#include "ssl/trust.h"
#include "tools/tracer/sinks/card_layout.h"
#include "tools/tracer/sinks/presentation.h"

namespace tracer::cli {

std::string certificate_card(const engine::Report& report, const engine::MonitorSet& monitors,
                             const Presentation& presentation);

// Pieces that other cards share.
// Each certificate of the chain under the one before it.
void append_chain(CardLayout& card, const ssl::ChainReport& chain, std::int64_t now_s);
// The rules for issuers that the chain breaks, a line each, but for what the card has told already.
void append_notes(CardLayout& card, const ssl::ChainReport& chain, std::string_view told);
// "TLSv1.3, TLS_AES_128_GCM_SHA256, P-256, ALPN h2"; a dash before anything was negotiated.
std::string negotiated_text(const engine::TlsFacts& tls, const Presentation& presentation);
// "✔ trusted, and the name matches", "✘ certificate_expired: …", painted.
std::string trust_text(const engine::Report& report, const engine::CheckPolicy& policy,
                       const Presentation& presentation);
// "2026-01-01 03:04:05 UTC to 2026-04-01 03:04:15 UTC, 89 days left", the days painted.
std::string validity_text(const ssl::CertificateFacts& facts, std::int64_t now_s,
                          const Presentation& presentation);
// "EC P-256, 256 bits", "RSA, 2048 bits".
std::string key_text(const ssl::CertificateFacts& facts);

}  // namespace tracer::cli
