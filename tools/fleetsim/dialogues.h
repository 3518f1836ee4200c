// The scripts that services speak from, as data. Immutable; any thread.
#pragma once

#include "tools/fleetsim/service.h"

namespace tracer::fleetsim::dialogues {

extern const Dialogue kSilent;
extern const Dialogue kEchoing;
extern const Dialogue kSshBanner;
extern const Dialogue kRedis;
extern const Dialogue kSlowGreeting;
extern const Dialogue kBig;
extern const Dialogue kEndless;
extern const Dialogue kCloseAtOnce;
extern const Dialogue kResetAtOnce;
extern const Dialogue kResetAfterGreeting;
extern const Dialogue kCloseOnBytes;  // as soon as the client has said anything
extern const Dialogue kResetOnBytes;
extern const Dialogue kHttpRefusal;  // waits for bytes, answers in HTTP, closes
extern const Dialogue kSmtpBanner;   // greets, and knows no TLS

extern const Dialogue kSmtp;          // before TLS, STARTTLS offered
extern const Dialogue kSmtpSecure;    // after it
extern const Dialogue kSmtpRefused;   // offered, then refused
extern const Dialogue kSmtpPlain;     // not offered
extern const Dialogue kSmtpInjected;  // a clear-text reply follows the go-ahead in one segment

extern const Dialogue kImap;
extern const Dialogue kImapSecure;
extern const Dialogue kImapRefused;
extern const Dialogue kImapPlain;
extern const Dialogue kImapInjected;

extern const Dialogue kPop3;
extern const Dialogue kPop3Secure;
extern const Dialogue kPop3Refused;
extern const Dialogue kPop3Plain;
extern const Dialogue kPop3Injected;

extern const Dialogue kPostgres;
extern const Dialogue kPostgresSecure;
extern const Dialogue kPostgresRefused;
extern const Dialogue kPostgresInjected;

}  // namespace tracer::fleetsim::dialogues
