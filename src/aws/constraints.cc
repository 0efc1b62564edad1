#include "aws/constraints.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pcre2.h>

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

bool matches(std::string_view pattern, std::string_view text) {
  const pcre2_code* code = compiled(pattern);
  if (!code) return true;
  std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> data(
      pcre2_match_data_create_from_pattern(code, nullptr), &pcre2_match_data_free);
  return pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, 0, data.get(), nullptr) >= 0;
}

std::string lower_first(std::string_view name) {
  std::string out(name);
  if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z') out[0] = static_cast<char>(out[0] + ('a' - 'A'));
  return out;
}

// The number that min and max speak of, or false where the kind has none.
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

bool contains(std::span<const std::string_view> values, std::string_view value) {
  for (std::string_view each : values) {
    if (each == value) return true;
  }
  return false;
}

std::string describe_members(const Shape& shape, const void* value) {
  std::string out(shape.name);
  out += '(';
  bool first = true;
  for (const Member& member : shape.members) {
    if (!first) out += ", ";
    first = false;
    const void* field = member.find(value);
    out += lower_first(member.name) + "=" + (field ? describe(*member.shape, field) : "null");
  }
  return out + ')';
}

}  // namespace

std::string Path::text() const {
  std::string out = parent ? parent->text() : std::string();
  if (!out.empty()) out += '.';
  if (index != 0) return out + fmt::format("{}.member", index);
  return out + (is_key ? std::string(name) : lower_first(name));
}

std::string describe(const Shape& shape, const void* value) {
  switch (shape.kind) {
    case Kind::kString:
    case Kind::kBlob: return *static_cast<const std::string*>(value);
    case Kind::kBoolean: return *static_cast<const bool*>(value) ? "true" : "false";
    case Kind::kInteger: return std::to_string(*static_cast<const std::int32_t*>(value));
    case Kind::kLong: return std::to_string(*static_cast<const std::int64_t*>(value));
    case Kind::kDouble: return fmt::format("{}", *static_cast<const double*>(value));
    case Kind::kTimestamp: return std::to_string(to_millis(*static_cast<const Timestamp*>(value)));
    case Kind::kList: {
      std::vector<std::string> parts;
      for (std::size_t i = 0; i < shape.list->size(value); ++i)
        parts.push_back(describe(*shape.element, shape.list->at(value, i)));
      return fmt::format("[{}]", fmt::join(parts, ", "));
    }
    case Kind::kMap: {
      std::vector<std::string> parts;
      each_entry(shape, value, [&](const std::string& key, const void* entry) {
        parts.push_back(key + "=" + describe(*shape.element, entry));
      });
      return fmt::format("{{{}}}", fmt::join(parts, ", "));
    }
    case Kind::kStructure: return describe_members(shape, value);
    case Kind::kEventStream: return "";
    case Kind::kCustom: {
      std::string out;
      shape.custom->encode(value, out);
      return out;
    }
  }
  return {};
}

void Violations::missing(const Path& path) {
  texts_.push_back(
      fmt::format("Value null at '{}' failed to satisfy constraint: Member must not be null", path.text()));
}

void Violations::check(const Shape& shape, const void* value, const Path& path) {
  std::int64_t size = 0;
  if ((shape.min != kNoLimit || shape.max != kNoLimit) && measure(shape, value, size)) {
    const bool number = shape.kind == Kind::kInteger || shape.kind == Kind::kLong || shape.kind == Kind::kDouble;
    const std::string_view what = number ? "value" : "length";
    if (shape.min != kNoLimit && size < shape.min) {
      add(describe(shape, value), path,
          fmt::format("Member must have {} greater than or equal to {}", what, shape.min));
    }
    if (shape.max != kNoLimit && size > shape.max) {
      add(describe(shape, value), path, fmt::format("Member must have {} less than or equal to {}", what, shape.max));
    }
  }
  if (shape.kind != Kind::kString) return;
  const auto& text = *static_cast<const std::string*>(value);
  if (!shape.values.empty() && !contains(shape.values, text)) {
    add(text, path, fmt::format("Member must satisfy enum value set: [{}]", fmt::join(shape.values, ", ")));
  }
  if (!shape.pattern.empty() && !matches(shape.pattern, text)) {
    add(text, path, fmt::format("Member must satisfy regular expression pattern: {}", shape.pattern));
  }
}

void Violations::add(std::string_view value, const Path& path, std::string_view constraint) {
  texts_.push_back(fmt::format("Value '{}' at '{}' failed to satisfy constraint: {}", value, path.text(), constraint));
}

std::string Violations::message() const {
  return fmt::format("{} validation error{} detected: {}", texts_.size(), texts_.size() == 1 ? "" : "s",
                     fmt::join(texts_, "; "));
}

}  // namespace leat::aws
