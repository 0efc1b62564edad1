#include "service/lambda/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/stable_hash.h"

namespace leat::lambda {
namespace {

constexpr std::size_t kMaxLineage = 32;  // functions: a header must not grow without end

std::string mark_of(std::string_view family) { return fmt::format("{:08x}", stable_hash(family)); }

// Calls `each` with the parts of `text` between `separator`s.
template <class Each>
void split(std::string_view text, char separator, const Each& each) {
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    each(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '?';
  });
}

}  // namespace

Trace::Trace(std::string_view header) {
  split(header, ';', [&](std::string_view part) {
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) return;
    const std::string_view name = part.substr(0, equals), value = part.substr(equals + 1);
    if (name == "Lineage") {
      split(value, '|', [&](std::string_view run) {
        const auto colon = run.rfind(':');
        std::size_t count = 0;
        if (colon == std::string_view::npos || !is_plain(run.substr(0, colon)) || lineage_.size() == kMaxLineage)
          return;
        std::from_chars(run.data() + colon + 1, run.data() + run.size(), count);
        lineage_.emplace_back(run.substr(0, colon), std::min<std::size_t>(count, UINT16_MAX));
      });
    } else if (is_plain(value)) {
      if (name == "Root") root_ = value;
      if (name == "Sampled") sampled_ = value;
    }
  });
}

std::size_t Trace::runs_of(std::string_view family) const {
  const std::string mark = mark_of(family);
  for (const auto& [each, count] : lineage_) {
    if (each == mark) return count;
  }
  return 0;
}

std::string Trace::with_run_of(std::string_view family, std::string_view request_id, TimePoint now) const {
  std::string digits(request_id);
  std::erase(digits, '-');
  digits.resize(32, '0');
  std::string out = root_.empty() ? fmt::format("Root=1-{:08x}-{}", to_millis(now) / 1000, digits.substr(0, 24))
                                  : fmt::format("Root={}", root_);
  out += fmt::format(";Parent={};Sampled={};Lineage=", digits.substr(16), sampled_.empty() ? "0" : sampled_);
  const std::string mark = mark_of(family);
  out += fmt::format("{}:{}", mark, runs_of(family) + 1);
  for (const auto& [each, count] : lineage_) {
    if (each != mark) out += fmt::format("|{}:{}", each, count);
  }
  return out;
}

}  // namespace leat::lambda
