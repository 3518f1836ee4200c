#include "ssl/file_text.h"

#include <array>
#include <fstream>

#include "ssl/limits.h"

namespace tracer::ssl {

tl::expected<std::string, std::string> read_file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return tl::make_unexpected(path + ": cannot be opened");
  std::string text;
  std::array<char, 16384> block{};
  while (file.read(block.data(), block.size()) || file.gcount() > 0) {
    text.append(block.data(), static_cast<std::size_t>(file.gcount()));
    if (text.size() > limits::kMaxPemBytes) {
      return tl::make_unexpected(path + ": larger than the limit");
    }
  }
  if (file.bad()) return tl::make_unexpected(path + ": cannot be read");
  return text;
}

}  // namespace tracer::ssl
