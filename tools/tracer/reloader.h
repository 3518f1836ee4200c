// Reads a run's documents again and has its fleet go over to them: when somebody asks, and, where
// that is wanted, when one of the files has changed. A document with any mistake is refused whole,
// and the monitors so far go on. Likewise, where that is wanted, with the files of roots and client
// certificates.
//
// Owns one thread, of low priority, for reading a large document is work that can wait. Requests
// may come from any thread but that one.
#pragma once

#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sched/fleet.h"
#include "tools/tracer/control/messages.h"
#include "tools/tracer/file_watch.h"
#include "tools/tracer/import/import.h"

namespace tracer::cli {

class Reloader {
 public:
  struct Options {
    std::vector<std::string> files;
    import::ImportOptions import;
    std::string location;
    bool watch = false;               // the documents
    bool watch_certificates = false;  // and the files that they name
  };

  // The fleet outlives the reloader.
  Reloader(Options options, sched::Fleet& fleet);
  ~Reloader();
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // Those who ask while documents are being read are answered by the next reading.
  std::future<ReloadResult> request();

 private:
  void serve();
  void follow_files();
  void answer_requests();
  ReloadResult reload();
  void renew_certificates();

  const Options options_;
  sched::Fleet& fleet_;
  FileWatch watch_;
  std::mutex mutex_;
  std::vector<std::promise<ReloadResult>> requests_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tracer::cli
