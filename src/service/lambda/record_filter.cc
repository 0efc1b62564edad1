#include "service/lambda/record_filter.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/encoding.h"

namespace leat::lambda {
namespace {

using simdjson::dom::element;

constexpr std::size_t kMaxPattern = 4096;
constexpr int kMaxDepth = 50;

using Valid = Result<void, std::string>;
std::unexpected<std::string> invalid() { return std::unexpected(std::string("Invalid filter pattern definition.")); }

// DynamoDB writes numbers as strings: "N": "5".
std::optional<double> number_of(element value) {
  double number = 0;
  if (!value.get(number)) return number;
  std::string_view text;
  if (value.get(text) || text.empty()) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool same(element pattern, element value) {
  if (pattern.is_null() || value.is_null()) return pattern.is_null() && value.is_null();
  std::string_view left, right;
  if (!pattern.get(left)) return !value.get(right) && left == right;
  bool truth = false, other = false;
  if (!pattern.get(truth)) return !value.get(other) && truth == other;
  double number = 0, that = 0;
  return !pattern.get(number) && !value.get(that) && number == that;
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

bool compares(std::string_view op, double value, double bound) {
  if (op == "=") return value == bound;
  if (op == "<") return value < bound;
  if (op == "<=") return value <= bound;
  if (op == ">") return value > bound;
  return value >= bound;
}

// ["<", 10] or [">", 0, "<=", 5]
bool in_range(simdjson::dom::array bounds, element value) {
  const auto number = number_of(value);
  if (!number) return false;
  std::string_view op;
  for (element each : bounds) {
    double bound = 0;
    if (each.is_string())
      op = std::string_view(each);
    else if (each.get(bound) || !compares(op, *number, bound))
      return false;
  }
  return true;
}

// One operator on a value that is there: {"prefix": "a"}.
bool holds(std::string_view op, element operand, element value) {
  std::string_view text, wanted;
  const bool is_text = !value.get(text) && !operand.get(wanted);
  if (op == "prefix") return is_text && text.starts_with(wanted);
  if (op == "suffix") return is_text && text.ends_with(wanted);
  if (op == "equals-ignore-case") return is_text && equal_ignoring_case(text, wanted);
  if (op == "numeric") return operand.is_array() && in_range(simdjson::dom::array(operand), value);
  if (op == "anything-but") {
    if (operand.is_object()) {
      for (auto [inner, each] : simdjson::dom::object(operand)) {
        if (holds(inner, each, value)) return false;
      }
      return true;
    }
    if (!operand.is_array()) return !same(operand, value);
    for (element each : simdjson::dom::array(operand)) {
      if (same(each, value)) return false;
    }
    return true;
  }
  return false;
}

bool leaf_matches(element alternative, element value) {
  if (!alternative.is_object()) return same(alternative, value);
  for (auto [op, operand] : simdjson::dom::object(alternative)) {
    if (op == "exists") return bool(operand) && !value.is_object();
    return holds(op, operand, value);
  }
  return false;
}

// `value` is null where the record has no such member.
bool any_alternative(simdjson::dom::array alternatives, const element* value) {
  for (element each : alternatives) {
    if (!value) {
      element exists;
      if (each.is_object() && !each["exists"].get(exists) && exists.is_bool() && !bool(exists)) return true;
      continue;
    }
    if (!value->is_array()) {
      if (leaf_matches(each, *value)) return true;
      continue;
    }
    // An array matches where one of its values does.
    for (element inner : simdjson::dom::array(*value)) {
      if (leaf_matches(each, inner)) return true;
    }
  }
  return false;
}

bool object_matches(simdjson::dom::object pattern, const element* value);

// A text that an object is asked of is JSON itself: the body of a message.
bool text_matches(simdjson::dom::object pattern, std::string_view text) {
  simdjson::dom::parser parser;
  element document;
  return !parser.parse(text.data(), text.size()).get(document) && document.is_object() &&
         object_matches(pattern, &document);
}

bool any_of_patterns(simdjson::dom::array patterns, const element* value) {
  for (element each : patterns) {
    if (object_matches(simdjson::dom::object(each), value)) return true;
  }
  return false;
}

bool object_matches(simdjson::dom::object pattern, const element* value) {
  for (auto [name, wanted] : pattern) {
    if (name == "$or") {
      if (!any_of_patterns(simdjson::dom::array(wanted), value)) return false;
      continue;
    }
    element member;
    const bool there = value && value->is_object() && !simdjson::dom::object(*value).at_key(name).get(member);
    const element* found = there ? &member : nullptr;
    std::string_view text;
    const bool matches = wanted.is_array()            ? any_alternative(simdjson::dom::array(wanted), found)
                         : found && !found->get(text) ? text_matches(simdjson::dom::object(wanted), text)
                                                      : object_matches(simdjson::dom::object(wanted), found);
    if (!matches) return false;
  }
  return true;
}

// {"data": "eyJ9", …} with what the base64 stands for, where it is a text.
std::string with_plain_data(element kinesis) {
  std::string out = "{";
  for (auto [name, value] : simdjson::dom::object(kinesis)) {
    if (out.size() > 1) out += ',';
    append_json_string(out, name);
    out += ':';
    std::string_view data;
    const auto plain = name == "data" && !value.get(data) ? base64_decode(data) : std::nullopt;
    if (plain && is_valid_utf8(*plain))
      append_json_string(out, *plain);
    else
      out += simdjson::minify(value);
  }
  return out + '}';
}

Valid check_numeric(element operand) {
  if (!operand.is_array()) return invalid();
  bool wants_operator = true;
  std::size_t bounds = 0;
  for (element each : simdjson::dom::array(operand)) {
    std::string_view op;
    const bool is_operator = !each.get(op) && (op == "=" || op == "<" || op == "<=" || op == ">" || op == ">=");
    if (wants_operator != is_operator || (!wants_operator && !each.is_number())) return invalid();
    bounds += wants_operator ? 0 : 1;
    wants_operator = !wants_operator;
  }
  return wants_operator && bounds > 0 && bounds <= 2 ? Valid{} : invalid();
}

Valid check_operator(std::string_view op, element operand) {
  if (op == "exists") return operand.is_bool() ? Valid{} : invalid();
  if (op == "numeric") return check_numeric(operand);
  if (op == "prefix" || op == "suffix" || op == "equals-ignore-case") return operand.is_string() ? Valid{} : invalid();
  if (op == "anything-but") return {};
  return invalid();
}

Valid check_object(simdjson::dom::object pattern, int depth);

Valid check_alternatives(simdjson::dom::array alternatives) {
  if (alternatives.size() == 0) return invalid();
  for (element each : alternatives) {
    if (each.is_array()) return invalid();
    if (!each.is_object()) continue;
    const simdjson::dom::object operation(each);
    if (operation.size() != 1) return invalid();
    for (auto [op, operand] : operation) {
      if (auto valid = check_operator(op, operand); !valid) return valid;
    }
  }
  return {};
}

Valid check_or(element patterns, int depth) {
  if (!patterns.is_array() || simdjson::dom::array(patterns).size() < 2) return invalid();
  for (element each : simdjson::dom::array(patterns)) {
    if (!each.is_object()) return invalid();
    if (auto valid = check_object(simdjson::dom::object(each), depth + 1); !valid) return valid;
  }
  return {};
}

Valid check_object(simdjson::dom::object pattern, int depth) {
  if (depth > kMaxDepth || pattern.size() == 0) return invalid();
  for (auto [name, wanted] : pattern) {
    Valid valid = name == "$or"        ? check_or(wanted, depth)
                  : wanted.is_array()  ? check_alternatives(simdjson::dom::array(wanted))
                  : wanted.is_object() ? check_object(simdjson::dom::object(wanted), depth + 1)
                                       : invalid();
    if (!valid) return valid;
  }
  return {};
}

}  // namespace

// Each parser owns the document of its pattern.
struct RecordFilter::Patterns {
  std::vector<std::unique_ptr<simdjson::dom::parser>> parsers;
  std::vector<simdjson::dom::object> roots;
};

Result<RecordFilter, std::string> RecordFilter::parse(const std::vector<std::string>& patterns) {
  auto out = std::make_shared<Patterns>();
  for (const std::string& text : patterns) {
    if (text.size() > kMaxPattern) return invalid();
    auto parser = std::make_unique<simdjson::dom::parser>();
    simdjson::dom::object root;
    if (parser->parse(text.data(), text.size()).get(root)) return invalid();
    // An empty pattern passes everything.
    if (root.size() > 0) {
      if (auto valid = check_object(root, 0); !valid) return std::unexpected(valid.error());
    }
    out->roots.push_back(root);
    out->parsers.push_back(std::move(parser));
  }
  RecordFilter filter;
  if (!patterns.empty()) filter.patterns_ = std::move(out);
  return filter;
}

bool RecordFilter::passes(std::string_view record_json) const {
  if (!patterns_) return true;
  thread_local simdjson::dom::parser parser;
  element record;
  if (parser.parse(record_json.data(), record_json.size()).get(record)) return false;
  // Of a Kinesis record, patterns see the record itself, with its data in the clear.
  std::string shown;
  if (element kinesis; !record["kinesis"].get(kinesis)) {
    shown = with_plain_data(kinesis);
    if (parser.parse(shown).get(record)) return false;
  }
  return std::any_of(patterns_->roots.begin(), patterns_->roots.end(),
                     [&](const simdjson::dom::object& each) { return object_matches(each, &record); });
}

}  // namespace leat::lambda
