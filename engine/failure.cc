#include "engine/failure.h"

#include <array>
#include <cassert>
#include <cstddef>

namespace tracer::engine {
namespace {

constexpr bool kOurs = true;
constexpr bool kTargets = false;

using Code = FailureCode;

// In the order of the enum; the static_assert below holds it to that.
constexpr std::array<FailureInfo, kFailureCodeCount> kFailures{{
    {Code::kNone, "none", "Nothing failed.", "There is nothing to do.", kTargets},
    {Code::kDnsNotFound, "dns_not_found", "The name does not exist in DNS (NXDOMAIN).",
     "Check the host for a typing error, that the domain is still registered and delegated, and "
     "that this agent's resolver sees the zone (split DNS, search domains).",
     kTargets},
    {Code::kDnsNoAddress, "dns_no_address",
     "The name exists but has no address of the wanted family.",
     "Check that the name has an A or AAAA record, and that ip_family asks for a family it has.",
     kTargets},
    {Code::kDnsTimeout, "dns_timeout", "No DNS server answered this agent in time.",
     "Check the resolvers of this agent (/etc/resolv.conf), the path and firewall to them on UDP "
     "and TCP port 53, and whether the timeout is too small for their latency.",
     kOurs},
    {Code::kDnsServerFailure, "dns_server_failure",
     "A DNS server cannot or will not resolve the name: it answered SERVFAIL, REFUSED or nonsense, "
     "or nothing at all while it answered for other names.",
     "Check the zone's name servers and its DNSSEC signatures, and whether the resolver allows "
     "queries from this agent.",
     kTargets},
    {Code::kConnectionRefused, "connection_refused",
     "The host answered that nothing accepts connections on this port.",
     "Check that the service is running and listens on this address and port, that the port is "
     "the right one, and that no firewall rejects the agents' addresses: allow them.",
     kTargets},
    {Code::kConnectionTimeout, "connection_timeout",
     "Nothing answered the connection attempt within the timeout.",
     "Check the network path and routes, a firewall that drops packets (are the agents' addresses "
     "allowed?), rate limiting, an overloaded service with a full backlog, and whether the "
     "timeout is too small for the latency.",
     kTargets},
    {Code::kConnectionReset, "connection_reset",
     "The peer or something between reset the connection.",
     "Check the service's log for a crash or a refused client, its connection limit, and a proxy, "
     "load balancer or firewall that cuts connections from the agents' addresses.",
     kTargets},
    {Code::kNetworkUnreachable, "network_unreachable",
     "There is no route from this agent to the target's network.",
     "Check the agent's routes and whether it has the address family at all (an AAAA record "
     "without IPv6 here: set ip_family), then the routers towards the target.",
     kTargets},
    {Code::kHostUnreachable, "host_unreachable",
     "A router or the local network reported that the host cannot be reached.",
     "Check that the host is up, its address and VLAN, and a firewall that rejects with an ICMP "
     "unreachable message.",
     kTargets},
    {Code::kStarttlsRefused, "starttls_refused",
     "The server speaks the protocol but refused to start TLS.",
     "Enable STARTTLS in the service (is its certificate configured and readable?), or set "
     "tls.starttls to none where TLS starts with the first byte.",
     kTargets},
    {Code::kStarttlsProtocolError, "starttls_protocol_error",
     "The server's answers before TLS do not follow the expected protocol.",
     "Check that tls.starttls names the protocol of this port, that the port is the right one, "
     "and that no proxy or filter on the way alters the dialogue.",
     kTargets},
    {Code::kTlsTimeout, "tls_timeout", "The TLS handshake did not end within the timeout.",
     "Check whether the service is overloaded or waits for a STARTTLS command first, whether "
     "something on the path drops large packets (MTU), and whether the timeout is too small.",
     kTargets},
    {Code::kTlsNotTls, "tls_not_tls",
     "The server answered the handshake with something that is not TLS.",
     "Check the port; set tls.starttls where the service upgrades a clear connection, or tls: "
     "false where it has no TLS.",
     kTargets},
    {Code::kTlsVersionUnsupported, "tls_version_unsupported",
     "The server speaks no TLS version within the allowed range.",
     "Enable TLSv1.2 or TLSv1.3 on the server, or widen tls.min_version and tls.max_version to "
     "what it offers if that is acceptable.",
     kTargets},
    {Code::kTlsNoCommonCipher, "tls_no_common_cipher",
     "Server and client share no cipher suite, group or signature algorithm.",
     "Check the server's cipher, curve and certificate key configuration, and enable a suite "
     "that current clients offer.",
     kTargets},
    {Code::kTlsAlert, "tls_alert", "The server ended the handshake with a TLS alert.",
     "Look the named alert up in the server's log; check the server name (SNI) it expects, its "
     "certificate configuration, TLS versions, ciphers and ALPN.",
     kTargets},
    {Code::kTlsClosed, "tls_closed", "The server closed the connection during the handshake.",
     "Check the service's log and whether this port speaks TLS at all, whether it expects "
     "another server name (SNI), and whether a firewall or proxy cuts TLS from the agents' "
     "addresses.",
     kTargets},
    {Code::kTlsProtocolError, "tls_protocol_error",
     "The server's handshake broke the rules of TLS.",
     "Check the server's TLS library for updates and the path for a middlebox that alters "
     "traffic; `openssl s_client` against the same address gives a second opinion.",
     kTargets},
    {Code::kCertificateExpired, "certificate_expired",
     "A certificate that the chain needs has expired.",
     "Renew the certificate and reload the service so that it serves the new one; check that "
     "automatic renewal runs.",
     kTargets},
    {Code::kCertificateNotYetValid, "certificate_not_yet_valid",
     "A certificate that the chain needs is not valid yet.",
     "Check the clock of this agent and of the machine that issued the certificate, and whether "
     "a certificate was deployed before its time.",
     kTargets},
    {Code::kCertificateNameMismatch, "certificate_name_mismatch",
     "The certificate is not for the name that was asked for.",
     "Issue a certificate with this name among its subject alternative names, or set "
     "tls.server_name to a name it has; tls.skip_hostname_verify accepts an internal service as "
     "it is.",
     kTargets},
    {Code::kCertificateSelfSigned, "certificate_self_signed",
     "The certificate is signed by itself and not trusted here.",
     "Install a certificate from a trusted authority, name this one in tls.ca_file, or set "
     "tls.skip_hostname_verify for an internal self-signed service.",
     kTargets},
    {Code::kCertificateUntrustedIssuer, "certificate_untrusted_issuer",
     "The chain ends at an authority that is not trusted here.",
     "Set tls.ca_file to the private authority's certificate, update the system's trust store, "
     "or install a certificate from a trusted authority.",
     kTargets},
    {Code::kCertificateChainIncomplete, "certificate_chain_incomplete",
     "The server did not send an intermediate certificate that the chain needs.",
     "Configure the server to send the full chain (leaf, then intermediates), such as the "
     "fullchain file that certificate tools write; where a private authority signed it, name that "
     "in tls.ca_file.",
     kTargets},
    {Code::kCertificateRevoked, "certificate_revoked",
     "The authority has revoked a certificate of the chain.",
     "Replace the certificate, with a new key if the old one leaked, and reload the service.",
     kTargets},
    {Code::kCertificateWeak, "certificate_weak",
     "A certificate has a key too short or a signature algorithm that is broken.",
     "Reissue it with an RSA key of 2048 bits or more, or an elliptic-curve key, signed with "
     "SHA-256 or better.",
     kTargets},
    {Code::kCertificateMalformed, "certificate_malformed",
     "A certificate cannot be read, or breaks a rule that certificates must keep.",
     "Reissue the certificate with correct encoding, constraints and key usages, and check that "
     "the right files are configured on the server.",
     kTargets},
    {Code::kClientCertificateRequired, "client_certificate_required",
     "The server wants a client certificate and got none that it accepts.",
     "Set tls.cert_file and tls.key_file to a certificate that the server trusts, and check that "
     "it has not expired.",
     kTargets},
    {Code::kResponseTimeout, "response_timeout",
     "The expected response did not arrive within the timeout.",
     "Check whether the service is overloaded or stuck, whether send_after_connect is what it "
     "waits for (a missing line end?), and whether the timeout is too small.",
     kTargets},
    {Code::kResponseMismatch, "response_mismatch",
     "The server answered, but not with what was expected.",
     "Compare the excerpt with expect_response; check the service's health and version, and that "
     "the right service listens on this port.",
     kTargets},
    {Code::kResponseClosed, "response_closed",
     "The server closed the connection before the expected response.",
     "Check the service's log, its connection limit and access rules for the agents' addresses, "
     "and whether send_after_connect is valid for its protocol.",
     kTargets},
    {Code::kResponseTooLarge, "response_too_large",
     "The server sent 64 KiB without the expected response in it.",
     "Expect something that comes early in the answer, or send a request with a smaller answer.",
     kTargets},
    {Code::kAssertionFailed, "assertion_failed",
     "The check ran to its end, but an assertion about it does not hold.",
     "Compare the assertion's expected and actual values; fix the service, or the assertion if "
     "it asks too much.",
     kTargets},
    {Code::kPolicyDenied, "policy_denied",
     "The egress policy of this agent, or its kernel, forbids connecting to the address.",
     "Check the allow and deny lists of the agent and the outgoing firewall of its machine, and "
     "that the name resolves to the address that was meant.",
     kOurs},
    {Code::kTlsUnsupportedByProber, "tls_unsupported_by_prober",
     "The server uses a TLS feature, key or algorithm that this build of tracer cannot handle.",
     "Watch this service without tls for now, or update tracer; the server itself may be in "
     "order.",
     kOurs},
    {Code::kLocalResources, "local_resources",
     "This agent ran out of file descriptors, memory, local ports or ring capacity.",
     "Raise the limit that the detail names (such as LimitNOFILE), lower the number of checks in "
     "flight, or spread the monitors over more agents.",
     kOurs},
    {Code::kLocalShutdown, "local_shutdown", "This agent was told to stop before the check ended.",
     "Nothing is wrong with the target; the next run checks it again.", kOurs},
}};

constexpr bool table_follows_enum() {
  for (std::size_t index = 0; index < kFailures.size(); ++index) {
    if (kFailures[index].code != static_cast<FailureCode>(index)) return false;
    if (kFailures[index].name.empty()) return false;
  }
  return true;
}
static_assert(table_follows_enum(), "kFailures has one row for every code, in the enum's order");

}  // namespace

const FailureInfo& failure_info(FailureCode code) {
  const auto index = static_cast<std::size_t>(code);
  assert(index < kFailures.size());
  return kFailures[index];
}

std::string_view phase_name(Phase phase) {
  switch (phase) {
    case Phase::kNone:
      return "none";
    case Phase::kDns:
      return "dns";
    case Phase::kConnect:
      return "connect";
    case Phase::kStarttls:
      return "starttls";
    case Phase::kTls:
      return "tls";
    case Phase::kResponse:
      return "response";
    case Phase::kVerdict:
      return "verdict";
  }
  return "none";
}

}  // namespace tracer::engine
