// The one place where results of socket operations become failure codes. Pure; any thread.
#pragma once

#include "engine/failure.h"

namespace tracer::engine {

// `error`: a positive errno that connect(2), or creating its socket, ended in.
FailureCode failure_from_connect(int error);
// `error`: a positive errno that send(2) or recv(2) ended in on a connected socket.
FailureCode failure_from_transfer(int error);

}  // namespace tracer::engine
