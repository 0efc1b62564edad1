#pragma once
// Stars and question marks in patterns, and how values that have some stand in a pattern.

#include <string>
#include <string_view>

namespace leat::aws {

// What is put for a variable into a pattern means itself. No policy, which is printable text, has these characters.
inline constexpr char kLiteralStar = '\1', kLiteralQuestionMark = '\2';

inline char as_literal(char c) { return c == '*' ? kLiteralStar : c == '?' ? kLiteralQuestionMark : c; }

inline bool is_char(char pattern, char c) {
  if (pattern == kLiteralStar) return c == '*';
  if (pattern == kLiteralQuestionMark) return c == '?';
  return pattern == c;
}

// The last star is tried at each place; an earlier one need not be tried again.
template <class Same>
bool matches_wildcards(std::string_view pattern, std::string_view text, Same same) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resumed = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resumed = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || same(pattern[p], text[t]))) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resumed;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace leat::aws
