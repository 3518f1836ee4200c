// Turns what ssl/ says into what an Outcome carries. Pure.
#pragma once

#include <string>

#include "engine/monitor.h"
#include "engine/outcome.h"
#include "ssl/session.h"
#include "ssl/trust.h"

namespace tracer::engine {

void record_session(const ssl::Session& session, TlsFacts& facts);
// Moves the judgement's chain into the outcome.
void record_judgement(ssl::Judgement&& judgement, Outcome& outcome);

// The failure a judgement means under a policy; kNone where the check may go on.
FailureCode failure_from_judgement(ssl::ChainProblems problems, const TlsPolicy& policy);
FailureCode failure_from_session(ssl::SessionError error);

// True when some assertion reads what the server sent.
bool reads_response(const CheckPolicy& policy);
// True when the check does not end before something came, or the time has passed.
bool awaits_response(const CheckPolicy& policy);

}  // namespace tracer::engine
