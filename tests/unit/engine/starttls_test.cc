#include "engine/starttls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "engine/limits.h"
#include "tests/unit/engine/starttls_dialogues.h"

namespace tracer::engine {
namespace {

using Step = StarttlsDialogue::Step;
using Kind = StarttlsDialogue::Step::Kind;

struct Result {
  Step last;
  std::vector<std::string> commands;
};

// Feeds each turn in pieces of `piece` bytes. What is left of a turn when the dialogue ends, or of
// all turns, is not fed.
Result converse(const Dialogue& dialogue, std::size_t piece) {
  StarttlsDialogue client(dialogue.protocol, "mail.example");
  Result result{client.start(), {}};
  const auto note = [&] {
    if (!result.last.send.empty()) result.commands.push_back(result.last.send);
    return result.last.kind == Kind::kNeedMore || result.last.kind == Kind::kSend;
  };
  if (!note()) return result;
  for (const std::string& turn : dialogue.turns) {
    for (std::size_t at = 0; at < turn.size(); at += piece) {
      EXPECT_FALSE(client.awaited().empty());
      result.last = client.feed(std::string_view(turn).substr(at, piece));
      if (!note()) return result;
    }
  }
  return result;
}

class StarttlsTest : public testing::TestWithParam<Dialogue> {};

TEST_P(StarttlsTest, EndsAsItShouldInOnePieceATurn) {
  const Result result = converse(GetParam(), 1 << 20);
  EXPECT_EQ(result.last.kind, GetParam().end) << result.last.detail;
  EXPECT_THAT(result.last.detail, testing::HasSubstr(GetParam().detail));
  EXPECT_EQ(result.commands, GetParam().commands);
  EXPECT_LE(result.last.detail.size(), limits::kDetailBytes);
  EXPECT_THAT(result.last.detail,
              testing::Each(testing::AllOf(testing::Ge(' '), testing::Le('~'))));
}

// What comes too early is seen only where it comes in one piece with what is due.
class StarttlsPiecesTest : public StarttlsTest {};

TEST_P(StarttlsPiecesTest, EndsTheSame) {
  for (const std::size_t piece : {1, 2, 3, 7}) {
    const Result result = converse(GetParam(), piece);
    EXPECT_EQ(result.last.kind, GetParam().end) << result.last.detail;
    EXPECT_THAT(result.last.detail, testing::HasSubstr(GetParam().detail));
    EXPECT_EQ(result.commands, GetParam().commands);
  }
}

std::string dialogue_name(const testing::TestParamInfo<Dialogue>& info) { return info.param.name; }

std::vector<Dialogue> all_dialogues() {
  std::vector<Dialogue> all;
  for (auto family :
       {mail_dialogues(), other_dialogues(), packet_dialogues(), option_dialogues()}) {
    std::ranges::move(family, std::back_inserter(all));
  }
  return all;
}

std::vector<Dialogue> splittable_dialogues() {
  std::vector<Dialogue> all = all_dialogues();
  std::erase_if(all, [](const Dialogue& dialogue) {
    return std::string_view(dialogue.name).starts_with("Early");
  });
  return all;
}

INSTANTIATE_TEST_SUITE_P(Whole, StarttlsTest, testing::ValuesIn(all_dialogues()), dialogue_name);
INSTANTIATE_TEST_SUITE_P(Split, StarttlsPiecesTest, testing::ValuesIn(splittable_dialogues()),
                         dialogue_name);

TEST(StarttlsDialogueTest, SaysWhatItAwaits) {
  StarttlsDialogue dialogue(StarttlsProtocol::kSmtp, "");
  EXPECT_EQ(dialogue.start().kind, Kind::kNeedMore);
  EXPECT_EQ(dialogue.awaited(), "a greeting");
  EXPECT_EQ(dialogue.feed("220 mail.example\r\n").kind, Kind::kSend);
  EXPECT_EQ(dialogue.awaited(), "the reply to EHLO");
}

TEST(StarttlsDialogueTest, EscapesTheHostInXml) {
  StarttlsDialogue dialogue(StarttlsProtocol::kXmpp, "a'<&");
  EXPECT_THAT(dialogue.start().send, testing::HasSubstr(" to='a&apos;&lt;&amp;' "));
}

TEST(StarttlsDialogueTest, KnowsNoPreambleForNone) {
  StarttlsDialogue dialogue(StarttlsProtocol::kNone, "");
  EXPECT_EQ(dialogue.start().kind, Kind::kUnsupported);
}

}  // namespace
}  // namespace tracer::engine
