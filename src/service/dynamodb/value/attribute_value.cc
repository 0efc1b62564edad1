#include "service/dynamodb/value/attribute_value.h"

#include <algorithm>

#include "base/encoding.h"
#include "service/dynamodb/value/decimal.h"

namespace leat::dynamodb {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

auto place(auto& attributes, std::string_view name) {
  return std::lower_bound(attributes.begin(), attributes.end(), name,
                          [](const auto& attribute, std::string_view wanted) { return attribute.first < wanted; });
}

// The digits before and after the point are packed two a byte, each on their side, without zeros at the ends of the
// whole. The text is canonical: no zeros in front, none behind a point.
std::size_t size_of_number(std::string_view text) {
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  text.remove_prefix(sign);
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string_view whole = text.substr(0, point), fraction = text.substr(std::min(point + 1, text.size()));
  if (whole == "0") {
    whole = {};
    fraction.remove_prefix(std::min(fraction.find_first_not_of('0'), fraction.size()));
  } else if (fraction.empty()) {
    whole = whole.substr(0, whole.find_last_not_of('0') + 1);
  }
  return 1 + (whole.size() + 1) / 2 + (fraction.size() + 1) / 2 + sign;
}

template <class Values>
std::size_t total(const Values& values) {
  std::size_t sum = 0;
  for (const auto& value : values) sum += value.size();
  return sum;
}

template <class Values>
void append_array(const Values& values, std::string& out, auto append) {
  out += '[';
  bool first = true;
  for (const auto& value : values) {
    if (!first) out += ',';
    first = false;
    append(value);
  }
  out += ']';
}

void append_quoted_base64(std::string& out, std::string_view bytes) {
  out += '"';
  append_base64(out, bytes);
  out += '"';
}

}  // namespace

Item::Item() = default;
Item::Item(const Item& other) = default;
Item::Item(Item&& other) noexcept = default;
Item& Item::operator=(const Item& other) = default;
Item& Item::operator=(Item&& other) noexcept = default;
Item::~Item() = default;

const AttributeValue* Item::find(std::string_view name) const {
  const auto found = place(attributes_, name);
  return found != attributes_.end() && found->first == name ? &found->second : nullptr;
}

AttributeValue* Item::find(std::string_view name) {
  return const_cast<AttributeValue*>(std::as_const(*this).find(name));
}

void Item::set(std::string_view name, AttributeValue value) {
  const auto found = place(attributes_, name);
  if (found != attributes_.end() && found->first == name)
    found->second = std::move(value);
  else
    attributes_.insert(found, {std::string(name), std::move(value)});
}

bool Item::erase(std::string_view name) {
  const auto found = place(attributes_, name);
  if (found == attributes_.end() || found->first != name) return false;
  attributes_.erase(found);
  return true;
}

void Item::add_unsorted(std::string_view name, AttributeValue value) {
  attributes_.emplace_back(std::string(name), std::move(value));
}

void Item::sort() {
  const auto by_name = [](const Attribute& left, const Attribute& right) { return left.first < right.first; };
  if (!std::is_sorted(attributes_.begin(), attributes_.end(), by_name))
    std::stable_sort(attributes_.begin(), attributes_.end(), by_name);
  // Keep the last of equal names.
  auto kept = attributes_.begin();
  for (auto each = attributes_.begin(); each != attributes_.end(); ++each) {
    if (each + 1 != attributes_.end() && (each + 1)->first == each->first) continue;
    if (kept != each) *kept = std::move(*each);
    ++kept;
  }
  attributes_.erase(kept, attributes_.end());
}

bool Item::operator==(const Item& other) const { return attributes_ == other.attributes_; }

std::string_view AttributeValue::type() const {
  static constexpr std::string_view kNames[] = {"NULL", "BOOL", "N", "S", "B", "L", "M", "SS", "NS", "BS", "?"};
  return kNames[variant_.index()];
}

std::optional<std::string> first_invalid(const AttributeValue& value, aws::Layer layer) {
  if (const auto* invalid = value.get<Invalid>())
    return layer == aws::Layer::kOlder && !invalid->older.empty() ? invalid->older : invalid->message;
  if (const auto* map = value.get<Item>()) return first_invalid(*map, layer);
  if (const auto* list = value.get<List>()) {
    for (const auto& element : *list) {
      if (auto message = first_invalid(element, layer)) return message;
    }
  }
  return std::nullopt;
}

std::optional<std::string> first_invalid(const Item& item, aws::Layer layer) {
  for (const auto& [name, value] : item) {
    if (auto message = first_invalid(value, layer)) return message;
  }
  return std::nullopt;
}

std::optional<int> compare(const AttributeValue& left, const AttributeValue& right) {
  if (left.variant().index() != right.variant().index()) return std::nullopt;
  if (const auto* text = left.get<std::string>()) return text->compare(*right.get<std::string>());
  if (const auto* binary = left.get<Binary>()) return binary->bytes.compare(right.get<Binary>()->bytes);
  if (const auto* number = left.get<Number>()) {
    return compare(*Decimal::parse(number->text), *Decimal::parse(right.get<Number>()->text));
  }
  return std::nullopt;
}

void append_json(const AttributeValue& value, std::string& out) {
  out += "{\"";
  out += value.type();
  out += "\":";
  std::visit(Overloaded{
                 [&](const Null&) { out += "true"; },
                 [&](bool truth) { out += truth ? "true" : "false"; },
                 [&](const Number& number) { append_json_string(out, number.text); },
                 [&](const std::string& text) { append_json_string(out, text); },
                 [&](const Binary& binary) { append_quoted_base64(out, binary.bytes); },
                 [&](const List& list) {
                   append_array(list, out, [&](const AttributeValue& each) { append_json(each, out); });
                 },
                 [&](const Item& map) { append_json(map, out); },
                 [&](const StringSet& set) {
                   append_array(set.values, out, [&](const auto& each) { append_json_string(out, each); });
                 },
                 [&](const NumberSet& set) {
                   append_array(set.values, out, [&](const auto& each) { append_json_string(out, each); });
                 },
                 [&](const BinarySet& set) {
                   append_array(set.values, out, [&](const auto& each) { append_quoted_base64(out, each); });
                 },
                 [&](const Invalid&) { out += "null"; },
             },
             value.variant());
  out += '}';
}

void append_json(const Item& item, std::string& out) {
  out += '{';
  bool first = true;
  for (const auto& [name, value] : item) {
    if (!first) out += ',';
    first = false;
    append_json_string(out, name);
    out += ':';
    append_json(value, out);
  }
  out += '}';
}

std::size_t size_of(const AttributeValue& value) {
  return std::visit(Overloaded{
                        [](const Null&) { return std::size_t{1}; },
                        [](bool) { return std::size_t{1}; },
                        [](const Number& number) { return size_of_number(number.text); },
                        [](const std::string& text) { return text.size(); },
                        [](const Binary& binary) { return binary.bytes.size(); },
                        [](const List& list) {
                          std::size_t size = 3;
                          for (const auto& each : list) size += 1 + size_of(each);
                          return size;
                        },
                        [](const Item& map) { return 3 + map.size() + size_of(map); },
                        [](const StringSet& set) { return total(set.values); },
                        [](const NumberSet& set) {
                          std::size_t size = 0;
                          for (const auto& each : set.values) size += size_of_number(each);
                          return size;
                        },
                        [](const BinarySet& set) { return total(set.values); },
                        [](const Invalid&) { return std::size_t{0}; },
                    },
                    value.variant());
}

std::size_t size_of(const Item& item) {
  std::size_t size = 0;
  for (const auto& [name, value] : item) size += name.size() + size_of(value);
  return size;
}

std::size_t depth_of(const Item& item) {
  std::size_t deepest = 0;
  for (const auto& [name, each] : item) deepest = std::max(deepest, depth_of(each));
  return deepest;
}

std::size_t depth_of(const AttributeValue& value) {
  if (const auto* map = value.get<Item>()) return depth_of(*map) + 1;
  const auto* list = value.get<List>();
  if (!list) return 0;
  std::size_t deepest = 0;
  for (const auto& each : *list) deepest = std::max(deepest, depth_of(each));
  return deepest + 1;
}

}  // namespace leat::dynamodb
