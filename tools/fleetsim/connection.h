// One accepted connection: a state machine over a non-blocking socket that plays its service's
// part. Belongs to the worker that accepted it. It makes no timer and knows no epoll: advance()
// says what it waits for.
//
// Invariants: advance() reads until the socket has no more (so that edge-triggered readiness is
// enough), or asks for a timer of 0 ms; at most one timer is outstanding; after Next::finished
// the socket is closed and the object may be started again.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "tools/fleetsim/descriptor.h"
#include "tools/fleetsim/service.h"
#include "tools/fleetsim/tls.h"

namespace tracer::fleetsim {

enum class Wake : std::uint8_t { kStart, kSocket, kHangup, kTimer };

struct Next {
  bool finished = false;
  bool heard = false;        // the client said something
  bool wants_write = false;  // wake when the socket takes bytes, too
  int timer_ms = -1;         // wake then; -1: no timer
};

class Connection {
 public:
  // `tls` must outlive the connection. Call advance(Wake::kStart) next.
  void start(Descriptor socket, const Service& service, const TlsServer& tls);

  // `scratch`: room to read into, of the worker.
  Next advance(Wake wake, std::span<char> scratch);

  int socket() const { return socket_.get(); }
  void finish();

 private:
  enum class Stage : std::uint8_t { kUnused, kDelayed, kHandshake, kTalk, kDrain };
  enum class Flush : std::uint8_t { kDone, kBlocked, kPaced, kFailed };

  void begin();
  void begin_handshake();
  void begin_talk(const Dialogue& dialogue);
  void begin_drain();
  bool perform_act();

  Next handshake();
  Next talk(std::span<char> scratch);
  Next drain(std::span<char> scratch);
  Flush flush();
  TlsResult read(std::span<char> into);
  TlsResult write(std::string_view bytes);
  Next finished(bool heard);
  void reset();

  Descriptor socket_;
  const Service* service_ = nullptr;
  const TlsServer* tls_server_ = nullptr;
  const Dialogue* dialogue_ = nullptr;
  TlsStream tls_;
  std::string unfinished_;  // a request that has not arrived whole
  std::string output_;
  std::size_t sent_ = 0;  // of output_
  Stage stage_ = Stage::kUnused;
  Act act_ = Act::kContinue;  // to be done once output_ is sent
  bool paced_ = false;        // true exactly while the timer of the next piece is outstanding
};

}  // namespace tracer::fleetsim
