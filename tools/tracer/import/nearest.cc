#include "tools/tracer/import/nearest.h"

#include <algorithm>
#include <vector>

namespace tracer::import {
namespace {

constexpr std::size_t kMaxComparedBytes = 64;

}  // namespace

std::string normalized(std::string_view key) {
  std::string form;
  form.reserve(key.size());
  for (const char letter : key) {
    if (letter == ' ' || letter == '_' || letter == '-') continue;
    form.push_back(letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter);
  }
  return form;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Rows of the usual table: the one before the last, the last, and the one being made.
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
  if (word.size() > kMaxComparedBytes) return {};
  const std::string form = normalized(word);
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, form.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t distance = edit_distance(form, normalized(candidate));
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    } else if (distance == best_distance) {
      best = {};  // as near to another: TLSv1.4 means neither TLSv1.2 nor TLSv1.3
    }
  }
  return best;
}

}  // namespace tracer::import
