#include "tools/fleetsim/dialogues.h"

namespace tracer::fleetsim::dialogues {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kSmtpGreeting = "220 fleet.test ESMTP\r\n";
constexpr std::string_view kSmtpUnknown = "502 5.5.1 Command not implemented\r\n";
constexpr std::string_view kSmtpOffer =
    "250-fleet.test\r\n250-PIPELINING\r\n250-SIZE 10485760\r\n250-STARTTLS\r\n250 8BITMIME\r\n";
constexpr std::string_view kSmtpNoOffer =
    "250-fleet.test\r\n250-PIPELINING\r\n250-SIZE 10485760\r\n250 8BITMIME\r\n";
constexpr Rule kSmtpHelo{"HELO", "250 fleet.test\r\n"};
constexpr Rule kSmtpNoop{"NOOP", "250 2.0.0 OK\r\n"};
constexpr Rule kSmtpQuit{"QUIT", "221 2.0.0 Bye\r\n", Act::kClose};

constexpr Rule kSmtpRules[] = {{"EHLO", kSmtpOffer},
                               {"STARTTLS", "220 2.0.0 Ready to start TLS\r\n", Act::kStartTls},
                               kSmtpHelo,
                               kSmtpNoop,
                               kSmtpQuit};
constexpr Rule kSmtpSecureRules[] = {{"EHLO", kSmtpNoOffer}, kSmtpHelo, kSmtpNoop, kSmtpQuit};
constexpr Rule kSmtpRefusedRules[] = {{"EHLO", kSmtpOffer},
                                      {"STARTTLS", "454 4.7.0 TLS not available\r\n"},
                                      kSmtpHelo,
                                      kSmtpNoop,
                                      kSmtpQuit};
constexpr Rule kSmtpInjectedRules[] = {
    {"EHLO", kSmtpOffer},
    {"STARTTLS", "220 2.0.0 Ready to start TLS\r\n250 injected\r\n", Act::kStartTls},
    kSmtpHelo,
    kSmtpNoop,
    kSmtpQuit};

constexpr std::string_view kImapGreeting =
    "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] fleet ready\r\n";
constexpr std::string_view kImapUnknown = "%t BAD Unknown command\r\n";
constexpr Rule kImapOffer{
    "CAPABILITY",
    "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n%t OK Capability completed\r\n"};
constexpr Rule kImapNoOffer{"CAPABILITY",
                            "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n%t OK Capability completed\r\n"};
constexpr Rule kImapNoop{"NOOP", "%t OK Noop completed\r\n"};
constexpr Rule kImapLogout{"LOGOUT", "* BYE\r\n%t OK Logout completed\r\n", Act::kClose};

constexpr Rule kImapRules[] = {kImapOffer,
                               {"STARTTLS", "%t OK Begin TLS negotiation now\r\n", Act::kStartTls},
                               kImapNoop,
                               kImapLogout};
constexpr Rule kImapSecureRules[] = {kImapNoOffer, kImapNoop, kImapLogout};
constexpr Rule kImapRefusedRules[] = {
    kImapOffer, {"STARTTLS", "%t NO TLS is not available\r\n"}, kImapNoop, kImapLogout};
constexpr Rule kImapInjectedRules[] = {
    kImapOffer,
    {"STARTTLS", "%t OK Begin TLS negotiation now\r\n* 1 EXISTS\r\n", Act::kStartTls},
    kImapNoop,
    kImapLogout};

constexpr std::string_view kPop3Greeting = "+OK fleet ready\r\n";
constexpr std::string_view kPop3Unknown = "-ERR Unknown command\r\n";
constexpr Rule kPop3Offer{"CAPA", "+OK\r\nCAPA\r\nUIDL\r\nSTLS\r\n.\r\n"};
constexpr Rule kPop3NoOffer{"CAPA", "+OK\r\nCAPA\r\nUIDL\r\nUSER\r\n.\r\n"};
constexpr Rule kPop3Noop{"NOOP", "+OK\r\n"};
constexpr Rule kPop3Quit{"QUIT", "+OK Bye\r\n", Act::kClose};

constexpr Rule kPop3Rules[] = {
    kPop3Offer, {"STLS", "+OK Begin TLS negotiation\r\n", Act::kStartTls}, kPop3Noop, kPop3Quit};
constexpr Rule kPop3SecureRules[] = {kPop3NoOffer, kPop3Noop, kPop3Quit};
constexpr Rule kPop3RefusedRules[] = {
    kPop3Offer, {"STLS", "-ERR TLS is not available\r\n"}, kPop3Noop, kPop3Quit};
constexpr Rule kPop3InjectedRules[] = {
    kPop3Offer,
    {"STLS", "+OK Begin TLS negotiation\r\n+OK injected\r\n", Act::kStartTls},
    kPop3Noop,
    kPop3Quit};

// AuthenticationCleartextPassword, and an ErrorResponse of SQLSTATE 28P01.
constexpr std::string_view kAskPassword = "R\0\0\0\x08\0\0\0\x03"sv;
constexpr std::string_view kWrongPassword =
    "E\0\0\0\x32SFATAL\0C28P01\0Mpassword authentication fails\0\0"sv;
constexpr Rule kPostgresStartup{"STARTUP", kAskPassword};
constexpr Rule kPostgresGss{"GSSENC", "N"};
constexpr Rule kPostgresPassword{"PASSWORD", kWrongPassword, Act::kClose};

constexpr Rule kPostgresRules[] = {
    {"SSL", "S", Act::kStartTls}, kPostgresGss, kPostgresStartup, kPostgresPassword};
constexpr Rule kPostgresSecureRules[] = {kPostgresStartup, kPostgresPassword};
constexpr Rule kPostgresRefusedRules[] = {
    {"SSL", "N"}, kPostgresGss, kPostgresStartup, kPostgresPassword};
constexpr Rule kPostgresInjectedRules[] = {
    {"SSL", "SR\0\0\0\x08\0\0\0\0"sv, Act::kStartTls}, kPostgresGss, kPostgresStartup};

constexpr Rule kRedisRules[] = {{"PING", "+PONG\r\n"}, {"QUIT", "+OK\r\n", Act::kClose}};

// The answer of a web server to bytes that are no request, such as a ClientHello.
constexpr std::string_view kBadRequest =
    "HTTP/1.1 400 Bad Request\r\nServer: fleet\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
constexpr Rule kHttpRules[] = {{"", kBadRequest, Act::kClose}};
constexpr Rule kCloseRules[] = {{"", "", Act::kClose}};
constexpr Rule kResetRules[] = {{"", "", Act::kReset}};

constexpr Dialogue smtp(std::span<const Rule> rules) {
  return {.framing = Framing::kLines,
          .greeting = kSmtpGreeting,
          .rules = rules,
          .otherwise = kSmtpUnknown};
}
constexpr Dialogue imap(std::span<const Rule> rules, std::string_view greeting = kImapGreeting) {
  return {
      .framing = Framing::kTagged, .greeting = greeting, .rules = rules, .otherwise = kImapUnknown};
}
constexpr Dialogue pop3(std::span<const Rule> rules) {
  return {.framing = Framing::kLines,
          .greeting = kPop3Greeting,
          .rules = rules,
          .otherwise = kPop3Unknown};
}
constexpr Dialogue postgres(std::span<const Rule> rules) {
  return {.framing = Framing::kPostgres, .rules = rules};
}
// After STARTTLS no server greets again.
constexpr Dialogue without_greeting(Dialogue dialogue) {
  dialogue.greeting = {};
  return dialogue;
}

}  // namespace

constinit const Dialogue kSilent{};
constinit const Dialogue kEchoing{.framing = Framing::kEcho};
constinit const Dialogue kSshBanner{.greeting = "SSH-2.0-OpenSSH_9.2p1 fleet\r\n"};
constinit const Dialogue kRedis{
    .framing = Framing::kRedis, .rules = kRedisRules, .otherwise = "-ERR unknown command\r\n"};
constinit const Dialogue kSlowGreeting{.greeting = "220 slow.fleet.test\r\n"};
constinit const Dialogue kBig{.greeting = "end of the big answer\r\n", .padding_bytes = 48 * 1024};
constinit const Dialogue kEndless{.greeting = "and on\r\n", .padding_bytes = 32 * 1024};
constinit const Dialogue kResetAfterGreeting{.greeting = "+HALF", .greeted = Act::kReset};
constinit const Dialogue kCloseAtOnce{.greeted = Act::kClose};
constinit const Dialogue kResetAtOnce{.greeted = Act::kReset};
constinit const Dialogue kCloseOnBytes{.framing = Framing::kAnything, .rules = kCloseRules};
constinit const Dialogue kResetOnBytes{.framing = Framing::kAnything, .rules = kResetRules};
constinit const Dialogue kHttpRefusal{.framing = Framing::kAnything, .rules = kHttpRules};
constinit const Dialogue kSmtpBanner{.greeting = kSmtpGreeting};

constinit const Dialogue kSmtp = smtp(kSmtpRules);
constinit const Dialogue kSmtpSecure = without_greeting(smtp(kSmtpSecureRules));
constinit const Dialogue kSmtpRefused = smtp(kSmtpRefusedRules);
constinit const Dialogue kSmtpPlain = smtp(kSmtpSecureRules);
constinit const Dialogue kSmtpInjected = smtp(kSmtpInjectedRules);

constinit const Dialogue kImap = imap(kImapRules);
constinit const Dialogue kImapSecure = without_greeting(imap(kImapSecureRules));
constinit const Dialogue kImapRefused = imap(kImapRefusedRules);
constinit const Dialogue kImapPlain =
    imap(kImapSecureRules, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] fleet ready\r\n");
constinit const Dialogue kImapInjected = imap(kImapInjectedRules);

constinit const Dialogue kPop3 = pop3(kPop3Rules);
constinit const Dialogue kPop3Secure = without_greeting(pop3(kPop3SecureRules));
constinit const Dialogue kPop3Refused = pop3(kPop3RefusedRules);
constinit const Dialogue kPop3Plain = pop3(kPop3SecureRules);
constinit const Dialogue kPop3Injected = pop3(kPop3InjectedRules);

constinit const Dialogue kPostgres = postgres(kPostgresRules);
constinit const Dialogue kPostgresSecure = postgres(kPostgresSecureRules);
constinit const Dialogue kPostgresRefused = postgres(kPostgresRefusedRules);
constinit const Dialogue kPostgresInjected = postgres(kPostgresInjectedRules);

}  // namespace tracer::fleetsim::dialogues
