// Waits for files to change (inotify). What is watched is their directories: editors and
// deployment tools put a new file in the old one's place.
//
// One thread follows and waits; wake() may come from any.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

namespace tracer::cli {

class FileWatch {
 public:
  FileWatch();
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // These files, from now on, instead of those before.
  void follow(const std::set<std::string>& files);
  // Until files have changed and nothing more has happened to one for a moment, or wake() was
  // called: which have changed, by the names that follow() was given.
  std::set<std::string> wait();
  void wake();
  // Why changes are not noticed, in one sentence; empty when they are.
  const std::string& trouble() const { return trouble_; }

 private:
  void watch(const std::string& file);
  void read_events(std::set<std::string>& changed);

  int wake_descriptor_ = -1;
  int descriptor_ = -1;
  // By watched directory and name there: the files' names as they were given.
  std::map<std::pair<int, std::string>, std::set<std::string>> files_;
  std::string trouble_;
};

}  // namespace tracer::cli
