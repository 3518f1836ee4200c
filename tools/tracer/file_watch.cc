#include "tools/tracer/file_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>

namespace tracer::cli {
namespace {

constexpr int kQuietMs = 100;  // a document that is being written changes several times

}  // namespace

FileWatch::FileWatch() : wake_descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

FileWatch::~FileWatch() {
  if (descriptor_ >= 0) close(descriptor_);
  if (wake_descriptor_ >= 0) close(wake_descriptor_);
}

void FileWatch::follow(const std::set<std::string>& files) {
  files_.clear();
  trouble_.clear();
  if (files.empty()) return;
  if (descriptor_ < 0) descriptor_ = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (descriptor_ < 0) {
    trouble_ = std::string("changes of files are not noticed: inotify: ") + std::strerror(errno);
    return;
  }
  for (const std::string& file : files) watch(file);
}

void FileWatch::watch(const std::string& file) {
  if (file == "-") return;
  const std::filesystem::path path(file);
  const std::string directory = path.has_parent_path() ? path.parent_path().string() : ".";
  const int watched =
      inotify_add_watch(descriptor_, directory.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE);
  if (watched < 0) {
    trouble_ = "changes of " + file + " are not noticed: inotify: " + std::strerror(errno);
    return;
  }
  files_[{watched, path.filename().string()}].insert(file);
}

void FileWatch::read_events(std::set<std::string>& changed) {
  alignas(inotify_event) std::array<char, 4096> buffer;
  for (ssize_t length = 0; (length = read(descriptor_, buffer.data(), buffer.size())) > 0;) {
    for (const char* at = buffer.data(); at < buffer.data() + length;) {
      inotify_event event;
      std::memcpy(&event, at, sizeof event);
      const char* name = at + sizeof event;
      // When events were lost, they may have been about any file.
      const bool any = (event.mask & IN_Q_OVERFLOW) != 0;
      for (const auto& [place, files] : files_) {
        const bool this_one = event.len > 0 && place.first == event.wd && place.second == name;
        if (any || this_one) changed.insert(files.begin(), files.end());
      }
      at = name + event.len;
    }
  }
}

std::set<std::string> FileWatch::wait() {
  std::array<pollfd, 2> descriptors{{{wake_descriptor_, POLLIN, 0}, {descriptor_, POLLIN, 0}}};
  std::set<std::string> changed;
  while (true) {
    const int ready = poll(descriptors.data(), descriptors.size(), changed.empty() ? -1 : kQuietMs);
    if (ready == 0) return changed;
    if (ready < 0) continue;  // a signal
    if (descriptors[0].revents != 0) {
      std::uint64_t count = 0;
      [[maybe_unused]] const ssize_t taken = read(wake_descriptor_, &count, sizeof count);
      return changed;
    }
    read_events(changed);
  }
}

void FileWatch::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_descriptor_, &one, sizeof one);
}

}  // namespace tracer::cli
