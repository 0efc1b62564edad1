#include "aws/measure.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pcre2.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace leat::aws {
namespace {

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};

// Compiled patterns by the address of the model's constant. A pattern that PCRE2 cannot read accepts everything;
// a test compiles them all.
const pcre2_code* compiled(std::string_view pattern) {
  static std::mutex mutex;
  static std::unordered_map<const char*, std::unique_ptr<pcre2_code, FreeCode>> cache;
  std::lock_guard lock(mutex);
  auto [entry, fresh] = cache.try_emplace(pattern.data());
  if (fresh) {
    int error = 0;
    PCRE2_SIZE offset = 0;
    entry->second.reset(
        pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                      PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_ALT_BSUX, &error,
                      &offset, nullptr));
  }
  return entry->second.get();
}

std::string_view what(const Shape& shape) {
  const bool number = shape.kind == Kind::kInteger || shape.kind == Kind::kLong || shape.kind == Kind::kDouble;
  return number ? "value" : "length";
}

// Of doubles the model gives whole bounds, and AWS prints them as doubles.
std::string bound(const Shape& shape, std::int64_t limit) {
  return shape.kind == Kind::kDouble ? fmt::format("{:.1f}", static_cast<double>(limit)) : std::to_string(limit);
}

}  // namespace

bool measure(const Shape& shape, const void* value, std::int64_t& size) {
  switch (shape.kind) {
    case Kind::kString: {
      // Lengths count characters, not bytes.
      size = 0;
      for (char c : *static_cast<const std::string*>(value)) size += (c & 0xC0) != 0x80;
      return true;
    }
    case Kind::kBlob: size = static_cast<std::int64_t>(static_cast<const Blob*>(value)->size()); return true;
    case Kind::kInteger: size = *static_cast<const std::int32_t*>(value); return true;
    case Kind::kLong: size = *static_cast<const std::int64_t*>(value); return true;
    case Kind::kDouble: size = static_cast<std::int64_t>(*static_cast<const double*>(value)); return true;
    case Kind::kList: size = static_cast<std::int64_t>(shape.list->size(value)); return true;
    case Kind::kMap: size = static_cast<std::int64_t>(shape.map->size(value)); return true;
    case Kind::kBoolean:
    case Kind::kTimestamp:
    case Kind::kStructure:
    case Kind::kEventStream:
    case Kind::kCustom: return false;
  }
  return false;
}

bool matches(std::string_view pattern, std::string_view text) {
  const pcre2_code* code = compiled(pattern);
  if (!code) return true;
  std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> data(
      pcre2_match_data_create_from_pattern(code, nullptr), &pcre2_match_data_free);
  return pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, 0, data.get(), nullptr) >= 0;
}

bool contains(std::span<const std::string_view> values, std::string_view value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

bool is_constrained(const Shape& shape) {
  return shape.min != kNoLimit || shape.max != kNoLimit || !shape.pattern.empty() || !shape.values.empty();
}

bool satisfies(const Shape& shape, const void* value) {
  std::int64_t size = 0;
  if ((shape.min != kNoLimit || shape.max != kNoLimit) && measure(shape, value, size)) {
    if (shape.min != kNoLimit && size < shape.min) return false;
    if (shape.max != kNoLimit && size > shape.max) return false;
  }
  if (shape.kind != Kind::kString) return true;
  const auto& text = *static_cast<const std::string*>(value);
  if (!shape.values.empty() && !contains(shape.values, text)) return false;
  if (!shape.pattern.empty() && !matches(shape.pattern, text)) return false;
  return !shape.plain || text.starts_with("arn:") || satisfies(*shape.plain, value);
}

std::string at_least(const Shape& shape) {
  return fmt::format("Member must have {} greater than or equal to {}", what(shape), bound(shape, shape.min));
}
std::string at_most(const Shape& shape) {
  return fmt::format("Member must have {} less than or equal to {}", what(shape), bound(shape, shape.max));
}
std::string enum_constraint(std::string_view values) {
  return fmt::format("Member must satisfy enum value set: [{}]", values);
}
std::string enum_constraint(const Shape& shape) {
  return enum_constraint(fmt::format("{}", fmt::join(shape.values, ", ")));
}
std::string pattern_constraint(const Shape& shape) {
  return fmt::format("Member must satisfy regular expression pattern: {}", shape.pattern);
}

std::string all_constraints(const Shape& shape, std::string_view also) {
  const Shape& named = shape.plain ? *shape.plain : shape;
  std::vector<std::string> parts;
  if (named.max != kNoLimit) parts.push_back(at_most(named));
  if (named.min != kNoLimit) parts.push_back(at_least(named));
  if (!named.pattern.empty()) parts.push_back(pattern_constraint(named));
  if (!named.values.empty()) parts.push_back(enum_constraint(named));
  if (!also.empty()) parts.emplace_back(also);
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

}  // namespace leat::aws
