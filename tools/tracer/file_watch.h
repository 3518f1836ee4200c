// Waits for files to change (inotify). What is watched is their directories: editors and
// deployment tools put a new file in the old one's place.
//
// One thread waits; wake() may come from any.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace tracer::cli {

class FileWatch {
 public:
  explicit FileWatch(const std::vector<std::string>& files);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // Until a file has changed and nothing more happened to one for a moment (true), or wake() was
  // called (false).
  bool wait();
  void wake();
  // Why changes are not noticed, in one sentence; empty when they are.
  const std::string& trouble() const { return trouble_; }

 private:
  void watch(const std::string& file);
  bool read_events();  // true when one of the files is concerned

  int wake_descriptor_ = -1;
  int descriptor_ = -1;
  std::map<int, std::set<std::string>> names_;  // by watched directory
  std::string trouble_;
};

}  // namespace tracer::cli
