#pragma once
// Small cuts of text.

#include <string_view>
#include <utility>

namespace leat::wire {

// What stands before the first `at`, and what behind it.
inline std::pair<std::string_view, std::string_view> split(std::string_view text, char at) {
  const auto found = text.find(at);
  return found == std::string_view::npos ? std::pair{text, std::string_view()}
                                         : std::pair{text.substr(0, found), text.substr(found + 1)};
}

inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace leat::wire
