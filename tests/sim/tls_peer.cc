#include "tests/sim/tls_peer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "tests/sim/clock.h"
#include "tests/unit/ssl/memory_server.h"

namespace tracer::sim {
namespace {

using engine::FailureCode;

// What is said in clear once so many bytes have been heard, all told.
struct Turn {
  std::size_t heard;
  std::string says;
};

std::vector<Turn> preamble(ServiceKind kind) {
  constexpr std::string_view kEhlo = "EHLO tracer.invalid\r\n";
  constexpr std::string_view kStarttls = "STARTTLS\r\n";
  constexpr std::string_view kCapa = "CAPA\r\n";
  constexpr std::string_view kStls = "STLS\r\n";
  constexpr std::size_t kSslRequestBytes = 8;
  switch (kind) {
    case ServiceKind::kSmtp:
      return {{0, "220 sim ESMTP\r\n"},
              {kEhlo.size(), "250-sim\r\n250 STARTTLS\r\n"},
              {kEhlo.size() + kStarttls.size(), "220 go ahead\r\n"}};
    case ServiceKind::kPop3:
      return {{0, "+OK sim\r\n"},
              {kCapa.size(), "+OK\r\nSTLS\r\n.\r\n"},
              {kCapa.size() + kStls.size(), "+OK begin\r\n"}};
    case ServiceKind::kPostgres:
      return {{kSslRequestBytes, "S"}};
    default:
      return {};
  }
}

// How a server of this protocol says no.
std::string refusal(ServiceKind kind) {
  if (kind == ServiceKind::kSmtp) return "421 too busy\r\n";
  return kind == ServiceKind::kPop3 ? "-ERR too busy\r\n" : "N";
}

ssl::testing::ServerOptions server_options(Temper temper) {
  ssl::testing::ServerOptions options;
  options.min_version = ssl::ProtocolVersion::kTls12;
  if (temper == Temper::kChainExpired) options.chain = {"p256", "intermediate_old"};
  if (temper == Temper::kChainUntrusted) options.chain = {"self_signed"};
  if (temper == Temper::kChainOfAnother) options.chain = {"elsewhere", "intermediate"};
  return options;
}

class TlsPeer final : public Peer {
 public:
  TlsPeer(const Service& service, Temper temper, Random& random, std::int64_t now_ns)
      : service_(service), temper_(temper), random_(random), turns_(preamble(service.kind)) {
    set_allowed();
    // Whether a session of TLS 1.2 or 1.3 comes about is part of the temper's colour.
    if (random_.chance(300)) options_.max_version = ssl::ProtocolVersion::kTls12;
    speak_clear(now_ns);
  }

  void hear(std::string_view bytes, std::int64_t now_ns) override {
    if (turn_ < turns_.size()) {
      clear_ += bytes;
      speak_clear(now_ns);
      return;
    }
    if (temper_ == Temper::kSilent) return;
    if (temper_ == Temper::kCloses) {
      say("", now_ns);
      return;
    }
    if (temper_ == Temper::kLies || temper_ == Temper::kEndless) {
      talking_ = temper_ == Temper::kEndless;
      say("HTTP/1.0 400 Bad Request\r\n\r\n", now_ns);
      return;
    }
    speak_tls(bytes, now_ns);
  }

  bool opaque() const override { return turn_ >= turns_.size(); }

  bool overheard() const override {
    if (!service_.verified || service_.request.empty()) return false;
    const bool chain_is_bad = temper_ == Temper::kChainExpired ||
                              temper_ == Temper::kChainOfAnother ||
                              temper_ == Temper::kChainUntrusted;
    return clear_.find(service_.request) != std::string::npos ||
           (chain_is_bad && server_ && !server_->plaintext().empty());
  }

 private:
  void set_allowed() {
    options_ = server_options(temper_);
    switch (temper_) {
      case Temper::kSilent:
        allowed = codes(FailureCode::kTlsTimeout);
        return;
      case Temper::kCloses:
        allowed =
            codes(turns_.empty() ? FailureCode::kTlsClosed : FailureCode::kStarttlsProtocolError);
        return;
      case Temper::kLies:
      case Temper::kEndless:
        allowed = codes(FailureCode::kTlsNotTls);
        return;
      case Temper::kStarttlsRefused:
        allowed = codes(FailureCode::kStarttlsRefused);
        return;
      case Temper::kStarttlsGarbage:
        allowed = codes(FailureCode::kStarttlsProtocolError);
        return;
      case Temper::kStarttlsInjected:
        // Cut from the consent by the network, it meets TLS, which it is not.
        allowed = codes(FailureCode::kStarttlsProtocolError, FailureCode::kTlsNotTls);
        return;
      case Temper::kHandshakeCut:
        allowed = codes(FailureCode::kTlsClosed, FailureCode::kTlsProtocolError);
        return;
      case Temper::kChainExpired:
        if (service_.verified) allowed = codes(FailureCode::kCertificateExpired);
        return;
      case Temper::kChainOfAnother:
        if (service_.verified) allowed = codes(FailureCode::kCertificateNameMismatch);
        return;
      case Temper::kChainUntrusted:
        if (service_.verified) allowed = codes(FailureCode::kCertificateSelfSigned);
        return;
      default:
        return;
    }
  }

  void say(std::string bytes, std::int64_t now_ns) {
    const std::int64_t after_ns = says_.empty() ? now_ns : std::max(now_ns, says_.back().at_ns);
    says_.push_back({after_ns + random_.between(0, kMillisecond), std::move(bytes)});
  }

  void speak_clear(std::int64_t now_ns) {
    while (turn_ < turns_.size() && clear_.size() >= turns_[turn_].heard) {
      const bool last = turn_ + 1 == turns_.size();
      if (temper_ == Temper::kSilent) return;
      if (temper_ == Temper::kCloses) {
        say("", now_ns);
        return;
      }
      if (temper_ == Temper::kStarttlsRefused || temper_ == Temper::kStarttlsGarbage) {
        if (!std::exchange(refused_, true)) {
          say(temper_ == Temper::kStarttlsRefused ? refusal(service_.kind) : "\x05 what?\r\n",
              now_ns);
        }
        return;
      }
      std::string line = turns_[turn_].says;
      if (last && temper_ == Temper::kStarttlsInjected) line += "EVIL\r\n";
      say(std::move(line), now_ns);
      ++turn_;
    }
  }

  void speak_tls(std::string_view bytes, std::int64_t now_ns) {
    if (!server_) server_ = std::make_unique<ssl::testing::MemoryServer>(options_);
    server_->feed({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    const bool answers = service_.kind == ServiceKind::kTlsEcho && server_->done() &&
                         server_->plaintext().size() >= service_.request.size();
    if (answers && !std::exchange(answered_, true)) server_->write(kExpected);
    const auto output = server_->take_output();
    const std::string flight(output.begin(), output.end());
    const bool cut = temper_ == Temper::kHandshakeCut;
    const std::size_t pieces = temper_ == Temper::kDribbles ? 4 : 1 + random_.below(2);
    if (!flight.empty()) {
      const std::size_t size = (flight.size() + pieces - 1) / pieces;
      for (std::size_t at = 0; at < flight.size(); at += cut ? flight.size() : size) {
        say(flight.substr(at, cut ? flight.size() / 2 : size), now_ns);
      }
    }
    if (cut || (flight.empty() && server_->failed())) say("", now_ns);
  }

  void refill(std::int64_t now_ns) override {
    if (talking_) says_.push_back({now_ns, std::string(1000, '~')});
  }

  const Service& service_;
  const Temper temper_;
  Random& random_;
  ssl::testing::ServerOptions options_;
  const std::vector<Turn> turns_;
  std::size_t turn_ = 0;
  std::string clear_;
  bool refused_ = false;
  bool talking_ = false;
  bool answered_ = false;
  std::unique_ptr<ssl::testing::MemoryServer> server_;
};

}  // namespace

std::unique_ptr<Peer> make_tls_peer(const Service& service, Temper temper, Random& random,
                                    std::int64_t now_ns) {
  return std::make_unique<TlsPeer>(service, temper, random, now_ns);
}

}  // namespace tracer::sim
