#include "service/logs/filter_pattern.h"

#include <algorithm>

namespace leat::logs {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

Result<FilterPattern, std::string> FilterPattern::parse(std::string_view text) {
  FilterPattern out;
  std::size_t at = 0;
  while (true) {
    while (at < text.size() && is_space(text[at])) ++at;
    if (at == text.size()) return out;
    if (text[at] == '{' || text[at] == '[') return std::unexpected(std::string("Invalid filter pattern"));
    auto* into = &out.required_;
    if (text[at] == '-' || text[at] == '?') into = text[at++] == '-' ? &out.excluded_ : &out.alternatives_;
    std::string term;
    if (at < text.size() && text[at] == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        term.push_back(text[at]);
      }
      if (at == text.size()) return std::unexpected(std::string("Invalid filter pattern"));
      ++at;
    } else {
      while (at < text.size() && !is_space(text[at])) term.push_back(text[at++]);
    }
    if (!term.empty()) into->push_back(std::move(term));
  }
}

bool FilterPattern::matches(std::string_view message) const {
  const auto occurs = [&](const std::string& term) { return message.find(term) != std::string_view::npos; };
  return std::all_of(required_.begin(), required_.end(), occurs) &&
         std::none_of(excluded_.begin(), excluded_.end(), occurs) &&
         (alternatives_.empty() || std::any_of(alternatives_.begin(), alternatives_.end(), occurs));
}

}  // namespace leat::logs
