// Reads AttributeValue and Item from JSON. The wording of errors: dynalite's recordings (validations/index.js).

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

#include <algorithm>
#include <set>

#include "base/encoding.h"
#include "service/dynamodb/value/attribute_value.h"
#include "service/dynamodb/value/decimal.h"

namespace leat::dynamodb {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::string_view kModel = "com.amazonaws.dynamodb.v20120810";

// A value, or the message of a SerializationException.
using Decoded = Result<AttributeValue, std::string>;

std::string wrong_type(element from, std::string_view target) {
  switch (from.type()) {
    case element_type::ARRAY: return fmt::format("Unrecognized collection type class java.lang.{}", target);
    case element_type::OBJECT: return "Start of structure or map found where not expected";
    case element_type::BOOL:
      return fmt::format("{}_VALUE cannot be converted to {}", bool(from) ? "TRUE" : "FALSE", target);
    case element_type::DOUBLE: return fmt::format("DECIMAL_VALUE cannot be converted to {}", target);
    default: return fmt::format("NUMBER_VALUE cannot be converted to {}", target);
  }
}

Result<std::string_view, std::string> text_of(element from) {
  std::string_view text;
  if (from.get(text)) return std::unexpected(wrong_type(from, "String"));
  return text;
}

Result<std::string, std::string> bytes_of(element from) {
  std::string_view text;
  if (from.get(text)) {
    if (from.is_array()) return std::unexpected("Unrecognized collection type class java.nio.ByteBuffer");
    if (from.is_object()) return std::unexpected("Start of structure or map found where not expected");
    return std::unexpected("only base-64-encoded strings are convertible to bytes");
  }
  auto bytes = base64_decode(text);
  if (bytes) return std::move(*bytes);
  if (text.size() % 4 != 0) {
    return std::unexpected(
        fmt::format("Base64 encoded length is expected a multiple of 4 bytes but found: {}", text.size()));
  }
  return std::unexpected("Invalid last non-pad Base64 character dectected");
}

Decoded boolean(element from) {
  bool truth = false;
  if (from.get(truth))
    return std::unexpected(from.is_string() ? "Unexpected token received from parser" : wrong_type(from, "Boolean"));
  return AttributeValue(truth);
}

Decoded null(element from) {
  auto truth = TRY(boolean(from));
  if (*truth.get<bool>()) return AttributeValue(Null{});
  return AttributeValue(
      Invalid{"One or more parameter values were invalid: Null attribute value types must have the value of true"});
}

AttributeValue invalid_number(std::string_view text, std::string message) {
  std::string older = older_problem(text, message);
  return Invalid{std::move(message), std::move(older)};
}

Decoded number(element from) {
  const std::string_view text = TRY(text_of(from));
  auto decimal = Decimal::parse(text);
  if (!decimal) return invalid_number(text, std::move(decimal).error());
  return AttributeValue(Number{decimal->text()});
}

Result<simdjson::dom::array, std::string> array_of(element from) {
  simdjson::dom::array array;
  if (!from.get(array)) return array;
  return std::unexpected(from.is_object() ? "Start of structure or map found where not expected"
                                          : "Unexpected field type");
}

bool sort_without_duplicates(std::vector<std::string>& values) {
  std::sort(values.begin(), values.end());
  return std::adjacent_find(values.begin(), values.end()) == values.end();
}

constexpr std::string_view kInvalid = "One or more parameter values were invalid: ";

// What the layers say of a set with duplicates: the older one shows it as it was sent, the current one what it had put
// in order when it met a value again, that value, and the rest as sent.
Invalid duplicates(const std::vector<std::string>& given, auto show, std::string_view end) {
  std::vector<std::string> older, current;
  std::set<std::string> seen;
  std::size_t i = 0;
  while (i < given.size() && seen.insert(given[i]).second) ++i;
  for (const std::string& each : given) older.push_back(show(each));
  for (const std::string& each : seen) current.push_back(fmt::format("\"{}\"", show(each)));
  for (; i < given.size(); ++i) current.push_back(fmt::format("\"{}\"", show(given[i])));
  const std::string_view comma = end.starts_with(' ') ? ", " : ",";
  return {fmt::format("{}Input collection [{}]{}", kInvalid, fmt::join(current, comma), end),
          fmt::format("{}Input collection [{}]{}", kInvalid, fmt::join(older, ", "), end)};
}

Decoded string_set(element from) {
  StringSet set;
  for (element each : TRY(array_of(from))) set.values.emplace_back(TRY(text_of(each)));
  if (set.values.empty())
    return AttributeValue(Invalid{"One or more parameter values were invalid: An string set  may not be empty"});
  const std::vector<std::string> given = set.values;
  if (sort_without_duplicates(set.values)) return AttributeValue(std::move(set));
  return AttributeValue(duplicates(given, [](const std::string& text) { return text; }, " contains duplicates."));
}

Decoded number_set(element from) {
  NumberSet set;
  for (element each : TRY(array_of(from))) {
    const std::string_view text = TRY(text_of(each));
    auto decimal = Decimal::parse(text);
    if (!decimal) return invalid_number(text, std::move(decimal).error());
    set.values.push_back(decimal->text());
  }
  if (set.values.empty())
    return AttributeValue(Invalid{"One or more parameter values were invalid: An number set  may not be empty"});
  if (sort_without_duplicates(set.values)) return AttributeValue(std::move(set));
  return AttributeValue(Invalid{fmt::format("{}Input collection contains duplicates.", kInvalid),
                                "Input collection contains duplicates"});
}

Decoded binary_set(element from) {
  BinarySet set;
  for (element each : TRY(array_of(from))) set.values.push_back(TRY(bytes_of(each)));
  if (set.values.empty())
    return AttributeValue(Invalid{"One or more parameter values were invalid: Binary sets should not be empty"});
  const std::vector<std::string> given = set.values;
  if (sort_without_duplicates(set.values)) return AttributeValue(std::move(set));
  return AttributeValue(duplicates(given, base64_encode, "of type BS contains duplicates."));
}

Decoded value_of(element from);

Decoded list(element from) {
  List out;
  for (element each : TRY(array_of(from))) out.push_back(TRY(value_of(each)));
  return AttributeValue(std::move(out));
}

Result<Item, std::string> item_of(element from) {
  simdjson::dom::object object;
  if (from.get(object)) {
    if (!from.is_array()) return std::unexpected("Unexpected field type");
    return std::unexpected(
        fmt::format("Unrecognized collection type java.util.Map<java.lang.String, {}.AttributeValue>", kModel));
  }
  Item item;
  for (auto [name, field] : object) {
    AttributeValue value = TRY(value_of(field));
    item.add_unsorted(name, std::move(value));
  }
  item.sort();
  return item;
}

Decoded map(element from) { return AttributeValue(TRY(item_of(from))); }

Decoded typed(std::string_view type, element from) {
  if (type == "S") return AttributeValue(std::string(TRY(text_of(from))));
  if (type == "N") return number(from);
  if (type == "BOOL") return boolean(from);
  if (type == "M") return map(from);
  if (type == "L") return list(from);
  if (type == "NULL") return null(from);
  if (type == "B") return AttributeValue(Binary{TRY(bytes_of(from))});
  if (type == "SS") return string_set(from);
  if (type == "NS") return number_set(from);
  if (type == "BS") return binary_set(from);
  return AttributeValue(Invalid{});
}

bool is_type(std::string_view name) {
  static constexpr std::string_view kTypes[] = {"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"};
  return std::find(std::begin(kTypes), std::end(kTypes), name) != std::end(kTypes);
}

Decoded value_of(element from) {
  simdjson::dom::object object;
  if (from.get(object)) {
    if (!from.is_array()) return std::unexpected("Unexpected value type in payload");
    return std::unexpected(fmt::format("Unrecognized collection type class {}.AttributeValue", kModel));
  }
  std::optional<AttributeValue> out;
  bool several = false;
  for (auto [type, field] : object) {
    if (field.is_null() || !is_type(type)) continue;
    several = out.has_value();
    AttributeValue value = TRY(typed(type, field));
    if (!several || value.get<Invalid>()) out = std::move(value);
  }
  if (!out)
    return AttributeValue(
        Invalid{"Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"});
  if (several && !out->get<Invalid>()) {
    return AttributeValue(
        Invalid{"Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
                "datatypes"});
  }
  return std::move(*out);
}

template <class T, auto Read>
std::string decode(const void* from, void* to) {
  auto value = Read(*static_cast<const element*>(from));
  if (!value) return std::move(value).error();
  *static_cast<T*>(to) = std::move(*value);
  return {};
}

template <class T>
void encode(const void* value, std::string& out) {
  append_json(*static_cast<const T*>(value), out);
}

}  // namespace

const aws::CustomAccess AttributeValue::kJson{&decode<AttributeValue, value_of>, &encode<AttributeValue>};
const aws::CustomAccess Item::kJson{&decode<Item, item_of>, &encode<Item>};

}  // namespace leat::dynamodb
