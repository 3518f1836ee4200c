#include "tools/tracer/state/line_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/unit/state/scratch_folder.h"
#include "tools/tracer/state/state_limits.h"

namespace tracer::cli {
namespace {

struct Line {
  std::string text;
  bool cut = false;
  bool operator==(const Line&) const = default;
};

std::vector<Line> lines_of(const std::string& text) {
  const ScratchFolder folder;
  folder.write("lines", text);
  const int descriptor = ::open(folder.path("lines").c_str(), O_RDONLY | O_CLOEXEC);
  LineReader reader(descriptor);
  std::vector<Line> lines;
  while (const auto line = reader.next()) {
    lines.push_back({std::string(*line), reader.is_cut()});
    EXPECT_EQ(reader.number(), lines.size());
  }
  EXPECT_EQ(reader.error(), 0);
  ::close(descriptor);
  return lines;
}

TEST(LineReaderTest, GivesEveryLineAndALastOneWithoutAnEnd) {
  EXPECT_EQ(lines_of(""), (std::vector<Line>{}));
  EXPECT_EQ(lines_of("a\n\nbc\n"), (std::vector<Line>{{"a"}, {""}, {"bc"}}));
  EXPECT_EQ(lines_of("a\nbc"), (std::vector<Line>{{"a"}, {"bc"}}));
}

TEST(LineReaderTest, LinesOfAnyLengthUpToTheBound) {
  std::vector<Line> expected;
  std::string text;
  for (const std::size_t length :
       {std::size_t{1}, limits::kFirstLineBufferBytes - 1, limits::kFirstLineBufferBytes,
        limits::kFirstLineBufferBytes + 1, std::size_t{0}, limits::kMaxLineBytes - 1}) {
    expected.push_back({std::string(length, 'x')});
    text += expected.back().text + '\n';
  }
  EXPECT_TRUE(lines_of(text) == expected);
}

TEST(LineReaderTest, OneThatIsTooLongIsCutAndTheNextIsWhole) {
  const std::string text = std::string(limits::kMaxLineBytes * 5 / 2, 'x') + "\nnext\n";
  const std::vector<Line> lines = lines_of(text);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].cut);
  EXPECT_GE(lines[0].text.size(), limits::kMaxLineBytes);
  EXPECT_EQ(lines[1], Line{"next"});
}

TEST(LineReaderTest, TellsThatItCannotRead) {
  const int folder = ::open("/", O_RDONLY | O_CLOEXEC);
  LineReader reader(folder);
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.error(), EISDIR);
  ::close(folder);
}

}  // namespace
}  // namespace tracer::cli
