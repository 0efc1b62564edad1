#include "wire/uri.h"

#include "base/encoding.h"
#include "base/query_string.h"

namespace leat::wire {
namespace {

std::string_view take_segment(std::string_view& path) {
  const auto slash = path.find('/');
  const std::string_view segment = path.substr(0, slash);
  path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  return segment;
}

std::string decoded(std::string_view text, Plus plus) { return percent_decode(text, plus).value_or(std::string(text)); }

// Leading and trailing slashes do not count: SDKs of different ages disagree on them.
std::string_view stripped(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

}  // namespace

std::optional<std::map<std::string, std::string>> match_uri(std::string_view pattern, std::string_view path) {
  std::map<std::string, std::string> labels;
  pattern = stripped(split_target(pattern).first);
  path = stripped(path);
  while (!pattern.empty()) {
    if (path.empty()) return std::nullopt;
    std::string_view want = take_segment(pattern);
    if (!want.starts_with('{')) {
      if (take_segment(path) != want) return std::nullopt;
      continue;
    }
    want = want.substr(1, want.size() - 2);
    const bool greedy = want.ends_with('+');
    if (greedy) want.remove_suffix(1);
    labels[std::string(want)] = decoded(greedy ? std::exchange(path, {}) : take_segment(path), Plus::kLiteral);
  }
  if (!path.empty()) return std::nullopt;
  return labels;
}

}  // namespace leat::wire
