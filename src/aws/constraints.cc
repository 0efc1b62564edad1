#include "aws/constraints.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "aws/measure.h"
#include "aws/shape_json.h"

namespace leat::aws {
namespace {

constexpr std::size_t kMostNamed = 10;
constexpr std::string_view kOneError = "1 validation error detected: ";
constexpr std::string_view kNotNull = "Member must not be null";

std::string lower_first(std::string_view name) {
  std::string out(name);
  if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z') out[0] = static_cast<char>(out[0] + ('a' - 'A'));
  return out;
}

template <class Spell>
std::string spelled(const Path& path, Spell spell) {
  std::string out = path.parent ? spelled(*path.parent, spell) : std::string();
  if (!out.empty()) out += '.';
  if (path.index != 0) return out + fmt::format("{}.member", path.index);
  return out + (path.is_key ? std::string(path.name) : spell(path.name));
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

const MemberText* find(std::span<const MemberText> texts, std::string_view member) {
  const auto found =
      std::find_if(texts.begin(), texts.end(), [&](const MemberText& each) { return each.member == member; });
  return found == texts.end() ? nullptr : &*found;
}

std::string json_of(const Shape& shape, const void* value) {
  std::string out;
  append_json(shape, value, out);
  return out;
}

}  // namespace

std::string Path::text() const { return spelled(*this, lower_first); }

std::string Path::api_text() const {
  return spelled(*this, [](std::string_view name) { return std::string(name); });
}

std::string describe(const Shape& shape, const void* value) {
  switch (shape.kind) {
    case Kind::kString:
    case Kind::kBlob: return *static_cast<const std::string*>(value);
    case Kind::kBoolean: return *static_cast<const bool*>(value) ? "true" : "false";
    case Kind::kInteger: return std::to_string(*static_cast<const std::int32_t*>(value));
    case Kind::kLong: return std::to_string(*static_cast<const std::int64_t*>(value));
    case Kind::kDouble: {
      std::string out;
      append_double(out, *static_cast<const double*>(value));
      return out;
    }
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
    case Kind::kCustom: return json_of(shape, value);
  }
  return {};
}

void Violations::missing(const Path& path) {
  found_.push_back({Fault::kMissing, std::string(path.top()),
                    fmt::format("Value null at '{}' failed to satisfy constraint: {}", path.text(), kNotNull), {}});
}

void Violations::check(const Shape& shape, const void* value, const Path& path) {
  if (!path.is_element()) check_own(shape, value, path);
  if (shape.kind == Kind::kList || shape.kind == Kind::kMap) check_elements(shape, value, path);
}

void Violations::check_own(const Shape& shape, const void* value, const Path& path) {
  if (shape.kind != Kind::kString) return check_size(shape, value, path);
  const auto& text = *static_cast<const std::string*>(value);
  if (shape.plain && !text.empty() && !text.starts_with("arn:")) return check_name(*shape.plain, text, path);
  check_size(shape, value, path);
  if (!shape.values.empty() && !contains(shape.values, text)) check_enum(shape, text, path);
  if (!shape.pattern.empty() && !matches(shape.pattern, text)) add(Fault::kOther, text, path, pattern_constraint(shape));
}

// Names that may be ARNs too are worded as ever.
void Violations::check_name(const Shape& plain, const std::string& value, const Path& path) {
  std::int64_t size = 0;
  measure(plain, &value, size);
  if (size < plain.min) add(Fault::kOther, value, path, at_least(plain));
  if (size > plain.max) add(Fault::kOther, value, path, at_most(plain));
  if (!matches(plain.pattern, value)) add(Fault::kOther, value, path, pattern_constraint(plain));
}

void Violations::check_size(const Shape& shape, const void* value, const Path& path) {
  std::int64_t size = 0;
  if ((shape.min == kNoLimit && shape.max == kNoLimit) || !measure(shape, value, size)) return;
  const auto report = [&](const std::string& constraint) {
    add(size == 0 ? Fault::kEmpty : Fault::kSize, describe(shape, value), path, constraint,
        fmt::format("{}Value at '{}' failed to satisfy constraint: {}", kOneError, path.api_text(), constraint));
  };
  if (shape.min != kNoLimit && size < shape.min) report(at_least(shape));
  if (shape.max != kNoLimit && size > shape.max) report(at_most(shape));
}

void Violations::check_enum(const Shape& shape, const std::string& value, const Path& path) {
  const MemberText* first = rules_ && !path.parent ? find(rules_->first, path.name) : nullptr;
  std::string current;
  if (first) {
    current = fmt::format("{}Failed to satisfy constraint: {}", rules_->layer == Layer::kEnveloped ? kOneError : "",
                          enum_constraint(first->text));
  }
  add(Fault::kOther, value, path, enum_constraint(shape), std::move(current));
}

void Violations::check_elements(const Shape& shape, const void* value, const Path& path) {
  const auto report = [&](std::string_view what, const std::string& constraints) {
    const bool current = rules_ && rules_->layer != Layer::kOlder;
    add(Fault::kOther, current ? json_of(shape, value) : describe(shape, value), path,
        fmt::format("{} must satisfy constraint: {}", what, constraints));
  };
  const std::string_view also = shape.nullable ? "" : kNotNull;
  if (shape.kind == Kind::kList) {
    if (!is_constrained(*shape.element)) return;
    for (std::size_t i = 0; i < shape.list->size(value); ++i) {
      if (!satisfies(*shape.element, shape.list->at(value, i)))
        return report("Member", all_constraints(*shape.element, also));
    }
    return;
  }
  bool keys_fit = true, values_fit = true;
  each_entry(shape, value, [&](const std::string& key, const void* entry) {
    keys_fit = keys_fit && satisfies(*shape.key, &key);
    values_fit = values_fit && satisfies(*shape.element, entry);
  });
  if (!keys_fit) report("Map keys", all_constraints(*shape.key, ""));
  if (!values_fit) report("Map value", all_constraints(*shape.element, also));
}

void Violations::add(Fault fault, std::string_view echo, const Path& path, std::string_view constraint,
                     std::string current) {
  found_.push_back(
      {fault, std::string(path.top()),
       fmt::format("Value '{}' at '{}' failed to satisfy constraint: {}", echo, path.text(), constraint),
       std::move(current)});
}

std::string_view Violations::alone() const {
  for (const Found& each : found_) {
    const MemberText* text = each.fault == Fault::kMissing ? find(rules_->missing, each.member)
                             : each.fault == Fault::kEmpty ? find(rules_->empty, each.member)
                                                         : nullptr;
    if (text) return text->text;
  }
  return {};
}

// What is missing has the older layer answer.
const Violations::Found* Violations::first_current() const {
  const Found* first = nullptr;
  if (rules_->layer == Layer::kOlder) return first;
  for (const Found& each : found_) {
    if (each.fault == Fault::kMissing) return nullptr;
    if (each.current.empty()) continue;
    if (!first || (first->fault == Fault::kOther && each.fault != Fault::kOther)) first = &each;
  }
  return first;
}

std::string Violations::joined() const {
  std::vector<const Found*> all;
  for (const Found& each : found_) all.push_back(&each);
  if (rules_) {
    std::stable_sort(all.begin(), all.end(), [this](const Found* left, const Found* right) {
      const auto rank = [this](const Found* of) {
        return std::find(rules_->order.begin(), rules_->order.end(), of->member) - rules_->order.begin();
      };
      return rank(left) < rank(right);
    });
  }
  if (all.size() > kMostNamed) all.resize(kMostNamed);
  std::vector<std::string_view> texts;
  for (const Found* each : all) texts.push_back(each->text);
  return fmt::format("{} validation error{} detected: {}", texts.size(), texts.size() == 1 ? "" : "s",
                     fmt::join(texts, "; "));
}

std::string Violations::message() const {
  if (!rules_) return joined();
  if (const std::string_view text = alone(); !text.empty()) return std::string(text);
  const Found* current = first_current();
  return current ? current->current : joined();
}

}  // namespace leat::aws
