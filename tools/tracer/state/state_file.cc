#include "tools/tracer/state/state_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "tools/tracer/sinks/descriptor_writer.h"
#include "tools/tracer/state/state_limits.h"
#include "tools/tracer/state/state_line.h"

namespace tracer::cli {
namespace {

tl::unexpected<std::string> failure(const std::string& what, int error) {
  return tl::make_unexpected(what + ": " + std::generic_category().message(error));
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool worth_a_line(const engine::History& history) {
  return history.known() || history.skipped != 0;
}

void write_histories(DescriptorWriter& writer, const engine::MonitorSet& monitors,
                     const std::vector<engine::History>& histories, std::int64_t as_of_unix_ms) {
  StateHeader header{limits::kStateFormat, as_of_unix_ms, 0};
  header.monitors = static_cast<std::uint64_t>(std::ranges::count_if(histories, worth_a_line));
  append_state_header(writer.buffer(), header);
  writer.buffer() += '\n';
  for (std::uint32_t i = 0; i < histories.size() && !writer.broken(); ++i) {
    if (!worth_a_line(histories[i])) continue;
    const std::string id = monitors.id(monitors.at(i));
    append_monitor_history(writer.buffer(), {id, histories[i]});
    writer.buffer() += '\n';
    if (writer.buffer().size() >= DescriptorWriter::kFlushBytes) writer.flush();
  }
  writer.flush();
}

// A name lasts over a loss of power only when its folder has reached the disk, too. Some file
// systems do that by themselves and refuse to be asked.
tl::expected<void, std::string> sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int descriptor =
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return failure("cannot open the folder of " + path, errno);
  const int error = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (error != 0 && error != EINVAL) return failure("cannot sync the folder of " + path, error);
  return {};
}

// Where the name is a symbolic link, the file is where that leads.
std::string resolved(std::string path) {
  std::error_code error;
  const auto canonical = std::filesystem::canonical(path, error);
  return error ? std::move(path) : canonical.string();
}

}  // namespace

StateFile::StateFile(std::string path, const engine::Clock& clock)
    : path_(resolved(std::move(path))), clock_(clock) {}

StateFile::~StateFile() { release(); }

void StateFile::release() {
  if (locked_ >= 0) ::close(locked_);
  locked_ = -1;
}

// Another run gives the name to another file now and then: a lock on the one that had it before is
// worth nothing.
tl::expected<void, std::string> StateFile::lock() {
  while (true) {
    release();
    // Without O_NONBLOCK a pipe of that name would be waited for.
    locked_ = ::open(path_.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (locked_ < 0) return failure("cannot open " + path_, errno);
    struct stat status {};
    if (::fstat(locked_, &status) != 0) return failure("cannot open " + path_, errno);
    if (!S_ISREG(status.st_mode)) return tl::make_unexpected(path_ + " is not a regular file");
    // Where the file system knows no locks, one does without.
    if (::flock(locked_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      return tl::make_unexpected(path_ + " is in use by another run");
    }
    if (still_claimed()) return {};
  }
}

bool StateFile::still_claimed() const {
  struct stat named {};
  struct stat held {};
  return locked_ >= 0 && ::stat(path_.c_str(), &named) == 0 && ::fstat(locked_, &held) == 0 &&
         same_file(named, held);
}

tl::expected<Restored, std::string> StateFile::claim(const engine::MonitorSet& monitors) {
  auto locked = lock();
  if (!locked) {
    release();
    return tl::make_unexpected(locked.error());
  }
  Restored restored = restore_histories(locked_, monitors);
  using Source = Restored::Source;
  if (restored.source == Source::kResults) {
    release();
    return tl::make_unexpected(path_ + " has results, not the state of a run");
  }
  if (restored.source == Source::kForeign || restored.source == Source::kNewer) {
    release();
    return tl::make_unexpected(restore_messages(restored, path_).warning);
  }
  return restored;
}

tl::expected<void, std::string> StateFile::replace(const engine::MonitorSet& monitors,
                                                   const std::vector<engine::History>& histories,
                                                   std::int64_t as_of_unix_ms) {
  if (!still_claimed()) {
    if (auto claimed = claim(monitors); !claimed) return tl::make_unexpected(claimed.error());
  }
  const std::string next_path = path_ + ".tmp";
  ::unlink(next_path.c_str());  // one that a killed run has left
  const int next = ::open(next_path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (next < 0) return failure("cannot make " + next_path, errno);
  struct stat status {};
  if (::fstat(locked_, &status) == 0) (void)::fchmod(next, status.st_mode & 07777);
  (void)::flock(next, LOCK_EX | LOCK_NB);
  DescriptorWriter writer(next, next_path, clock_);
  write_histories(writer, monitors, histories, as_of_unix_ms);
  auto written = writer.status();
  if (written && ::fsync(next) != 0) written = failure("cannot sync " + next_path, errno);
  if (written && ::rename(next_path.c_str(), path_.c_str()) != 0) {
    written = failure("cannot rename " + next_path, errno);
  }
  if (!written) {
    ::close(next);
    ::unlink(next_path.c_str());
    return written;
  }
  release();
  locked_ = next;
  return sync_folder_of(path_);
}

}  // namespace tracer::cli
