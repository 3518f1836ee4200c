#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/clock.h"
#include "tools/tracer/commands.h"
#include "tools/tracer/control/control_client.h"
#include "tools/tracer/control/control_socket.h"
#include "tools/tracer/control/interruption.h"
#include "tools/tracer/control/terminal_screen.h"
#include "tools/tracer/control/top_frame.h"
#include "tools/tracer/exit_status.h"
#include "tools/tracer/sinks/terminal_text.h"
#include "tools/tracer/standard_output.h"

namespace tracer::cli {
namespace {

constexpr std::size_t kMostRates = 1000;  // more than any terminal has columns
constexpr int kTimeoutMs = 2000;          // of an answer: longer than it ever takes
constexpr std::int64_t kLookMs = 250;     // how often the terminal's size is looked at

struct TopOptions {
  Questions questions;
  double interval_s = 1;
  bool once = false;
  bool json = false;
};

class Top {
 public:
  Top(const TopOptions& options, Signals& signals)
      : options_(options), interruption_(signals), questions_(options.questions) {
    questions_.timeout_ms = kTimeoutMs;
    questions_.give_up = interruption_.descriptor();
  }

  int run() {
    if (!look()) {  // there was never anything to show
      fmt::print(stderr, "tracer: {}\n", printable(view_.trouble));
      return kOwnTrouble;
    }
    if (!options_.once && !options_.json && isatty(STDOUT_FILENO) != 0) {
      screen_.emplace(STDIN_FILENO, STDOUT_FILENO);
    }
    while (true) {
      if (!show()) return kOwnTrouble;
      if (options_.once || !wait()) return kAllUp;
      look();
    }
  }

 private:
  // Takes another sample. False when there is none: then the view says why.
  bool look() {
    const auto answer = ask(questions_, Request::kSnapshot);
    auto sample = answer ? read_snapshot(*answer) : tl::unexpected(answer.error());
    fresh_ = sample.has_value();
    if (!fresh_) {
      view_.trouble = std::move(sample.error());
      return false;
    }
    line_ = *answer;
    view_.trouble.clear();
    view_.earlier = same_run(view_.now, *sample) ? std::move(view_.now) : RunSample{};
    view_.now = std::move(*sample);
    view_.rates.push_back(interval_between(view_.earlier, view_.now).checks_per_second);
    if (view_.rates.size() > kMostRates) view_.rates.pop_front();
    return true;
  }

  // False when what is shown arrives nowhere.
  bool show() {
    if (options_.json) {
      if (fresh_) return print_output(line_ + "\n");
      fmt::print(stderr, "tracer: trying again: {}\n", printable(view_.trouble));
      return true;
    }
    Presentation presentation = choose_presentation(read_terminal(STDOUT_FILENO));
    if (!screen_)
      return print_output(top_frame(view_, presentation, 0) + (options_.once ? "" : "\n"));
    size_ = {presentation.columns, screen_->rows()};
    --presentation.columns;  // the last column would wrap the line
    return screen_->draw(top_frame(view_, presentation, screen_->rows()));
  }

  // To the end of the interval. False when it is to end.
  bool wait() {
    const engine::SystemClock clock;
    const auto end_ms =
        clock.monotonic_ns() / 1'000'000 + static_cast<std::int64_t>(options_.interval_s * 1000);
    while (true) {
      const std::int64_t left_ms = end_ms - clock.monotonic_ns() / 1'000'000;
      if (left_ms <= 0) return true;
      std::array<pollfd, 2> polled{
          {{interruption_.descriptor(), POLLIN, 0}, {screen_ ? screen_->keys() : -1, POLLIN, 0}}};
      const std::int64_t wait_ms = screen_ ? std::min(left_ms, kLookMs) : left_ms;
      if (poll(polled.data(), polled.size(), static_cast<int>(wait_ms)) < 0) continue;
      if (polled[0].revents != 0) return false;
      if (polled[1].revents != 0 && quit_pressed()) return false;
      if (screen_ && resized() && !show()) return false;
    }
  }

  bool quit_pressed() const {
    std::array<char, 64> keys{};
    const ssize_t got = read(screen_->keys(), keys.data(), keys.size());
    if (got <= 0) return got == 0 || errno != EINTR;  // the terminal is gone
    const std::string_view pressed(keys.data(), static_cast<std::size_t>(got));
    return pressed.find_first_of("qQ\x03") != pressed.npos;
  }

  bool resized() const {
    return size_ != std::pair(read_terminal(STDOUT_FILENO).columns, screen_->rows());
  }

  const TopOptions& options_;
  const Interruption interruption_;
  Questions questions_;
  std::optional<TerminalScreen> screen_;
  std::pair<int, int> size_;
  TopView view_;
  std::string line_;  // the snapshot as it came
  bool fresh_ = false;
};

}  // namespace

void add_top_command(CLI::App& app, Work& work) {
  auto options = std::make_shared<TopOptions>();
  CLI::App* command = app.add_subcommand("top", "Watch a run: how much, how late, at what cost");
  options->questions.path = default_control_path();
  command->add_option("--control", options->questions.path, "The control socket of the run")
      ->type_name("PATH");
  command->add_option("--interval", options->interval_s, "Seconds between looks")
      ->check(CLI::Range(0.1, 86400.0))
      ->type_name("SECONDS")
      ->capture_default_str();
  command->add_flag("--once", options->once, "Show one look, then exit");
  command->add_flag("--json", options->json, "Show the snapshots as they are, one a line");
  command->callback([options, &work] {
    work = [options](Signals& signals) { return Top(*options, signals).run(); };
  });
}

}  // namespace tracer::cli
