#include "aws/policy/condition.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "aws/policy/wildcards.h"
#include "base/encoding.h"

namespace leat::aws {
namespace {

std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// A date, or seconds since 1970.
std::optional<double> time_of(std::string_view text) {
  if (const auto time = parse_iso8601(text)) return static_cast<double>(to_millis(*time)) / 1000;
  return number_of(text);
}

template <auto Parse, class Order>
bool ordered(std::string_view wanted, std::string_view given) {
  const auto left = Parse(given), right = Parse(wanted);
  return left && right && Order()(*left, *right);
}

bool equal(std::string_view wanted, std::string_view given) { return wanted == given; }
bool equal_ignoring_case(std::string_view wanted, std::string_view given) {
  return lower_case(wanted) == lower_case(given);
}

// Each of an ARN's six parts by itself: a star does not pass a colon.
bool arn_matches(std::string_view pattern, std::string_view arn) {
  for (int part = 0; part < 5; ++part) {
    const auto end = pattern.find(':'), arn_end = arn.find(':');
    if (end == std::string_view::npos || arn_end == std::string_view::npos) return pattern == "*";
    if (!matches_wildcards(pattern.substr(0, end), arn.substr(0, arn_end))) return false;
    pattern.remove_prefix(end + 1);
    arn.remove_prefix(arn_end + 1);
  }
  return matches_wildcards(pattern, arn);
}

struct Network {
  int family;
  unsigned char bytes[16];
  unsigned bits;
};

std::optional<Network> network_of(std::string_view text) {
  const auto slash = text.find('/');
  const std::string base(text.substr(0, slash));
  Network out{};
  if (inet_pton(AF_INET, base.c_str(), out.bytes) == 1)
    out.family = AF_INET, out.bits = 32;
  else if (inet_pton(AF_INET6, base.c_str(), out.bytes) == 1)
    out.family = AF_INET6, out.bits = 128;
  else
    return std::nullopt;
  if (slash == std::string_view::npos) return out;
  const std::string_view digits = text.substr(slash + 1);
  const unsigned most = out.bits;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.bits);
  if (error != std::errc() || end != digits.data() + digits.size() || out.bits > most) return std::nullopt;
  return out;
}

bool in_network(std::string_view wanted, std::string_view given) {
  const auto network = network_of(wanted), address = network_of(given);
  if (!network || !address || network->family != address->family) return false;
  for (unsigned bit = 0; bit < network->bits; ++bit) {
    if (((network->bytes[bit / 8] ^ address->bytes[bit / 8]) >> (7 - bit % 8)) & 1) return false;
  }
  return true;
}

bool is_any(const std::string&) { return true; }
bool is_flag(const std::string& text) { return lower_case(text) == "true" || lower_case(text) == "false"; }
bool is_number(const std::string& text) { return number_of(text).has_value(); }
bool is_time(const std::string& text) { return time_of(text).has_value(); }
bool is_network(const std::string& text) { return network_of(text).has_value(); }

struct Operator {
  std::string_view name;
  PolicyCondition::Test test;
  bool (*is_value)(const std::string&);
  bool negated = false, wild = false;
};

constexpr Operator kOperators[] = {
    {"StringEquals", equal, is_any},
    {"StringNotEquals", equal, is_any, true},
    {"StringEqualsIgnoreCase", equal_ignoring_case, is_any},
    {"StringNotEqualsIgnoreCase", equal_ignoring_case, is_any, true},
    {"StringLike", matches_wildcards, is_any, false, true},
    {"StringNotLike", matches_wildcards, is_any, true, true},
    {"NumericEquals", ordered<number_of, std::equal_to<double>>, is_number},
    {"NumericNotEquals", ordered<number_of, std::equal_to<double>>, is_number, true},
    {"NumericLessThan", ordered<number_of, std::less<double>>, is_number},
    {"NumericLessThanEquals", ordered<number_of, std::less_equal<double>>, is_number},
    {"NumericGreaterThan", ordered<number_of, std::greater<double>>, is_number},
    {"NumericGreaterThanEquals", ordered<number_of, std::greater_equal<double>>, is_number},
    {"DateEquals", ordered<time_of, std::equal_to<double>>, is_time},
    {"DateNotEquals", ordered<time_of, std::equal_to<double>>, is_time, true},
    {"DateLessThan", ordered<time_of, std::less<double>>, is_time},
    {"DateLessThanEquals", ordered<time_of, std::less_equal<double>>, is_time},
    {"DateGreaterThan", ordered<time_of, std::greater<double>>, is_time},
    {"DateGreaterThanEquals", ordered<time_of, std::greater_equal<double>>, is_time},
    {"Bool", equal_ignoring_case, is_flag},
    {"BinaryEquals", equal, is_any},
    {"IpAddress", in_network, is_network},
    {"NotIpAddress", in_network, is_network, true},
    {"ArnEquals", arn_matches, is_any, false, true},
    {"ArnLike", arn_matches, is_any, false, true},
    {"ArnNotEquals", arn_matches, is_any, true, true},
    {"ArnNotLike", arn_matches, is_any, true, true},
    {"Null", nullptr, is_flag},
};

const Operator* find_operator(std::string_view name) {
  const auto* found = std::find_if(std::begin(kOperators), std::end(kOperators),
                                   [&](const Operator& each) { return each.name == name; });
  return found == std::end(kOperators) ? nullptr : found;
}

// What stands for ${…}: nullopt for a key without one value and without a default.
std::optional<std::string> value_of(std::string_view variable, const ConditionKeys& keys) {
  if (variable == "*" || variable == "?" || variable == "$") return std::string(variable);
  const auto comma = variable.find(',');
  const auto [first, last] = keys.equal_range(lower_case(variable.substr(0, comma)));
  if (first != last && std::next(first) == last) return first->second;
  const auto open = variable.find('\''), close = variable.rfind('\'');
  if (first != last || comma == std::string_view::npos || close == open) return std::nullopt;
  return std::string(variable.substr(open + 1, close - open - 1));
}

enum class Form : std::uint8_t { kText, kPattern };

// With variables replaced by their values, which in a pattern mean themselves. nullopt where one has none: nothing is
// equal to that, or like it.
std::optional<std::string> filled(std::string_view text, const PolicyRequest& request, Form form) {
  std::string out;
  for (std::size_t begin = 0; (begin = text.find("${")) != std::string_view::npos;) {
    const auto end = text.find('}', begin);
    if (end == std::string_view::npos) break;
    out += text.substr(0, begin);
    auto value = value_of(text.substr(begin + 2, end - begin - 2), request.context.keys());
    if (!value) return std::nullopt;
    if (form == Form::kPattern) std::transform(value->begin(), value->end(), value->begin(), as_literal);
    out += *value;
    text.remove_prefix(end + 1);
  }
  return out.append(text);
}

}  // namespace

bool matches_wildcards(std::string_view pattern, std::string_view text) {
  return matches_wildcards(pattern, text, is_char);
}

bool matches_pattern(const std::string& pattern, std::string_view text, const PolicyRequest& request) {
  if (pattern.find("${") == std::string::npos) return matches_wildcards(pattern, text);
  const auto known = filled(pattern, request, Form::kPattern);
  return known && matches_wildcards(*known, text);
}

bool variables_have_values(const std::string& text, const PolicyRequest& request) {
  return text.find("${") == std::string::npos || filled(text, request, Form::kText);
}

std::optional<PolicyCondition> make_condition(std::string_view operation, std::string_view key,
                                              std::vector<std::string> values) {
  PolicyCondition out;
  for (const auto& [prefix, set] : {std::pair{std::string_view("ForAllValues:"), PolicyCondition::Set::kForAll},
                                    {std::string_view("ForAnyValue:"), PolicyCondition::Set::kForAny}}) {
    if (!operation.starts_with(prefix)) continue;
    out.set = set;
    operation.remove_prefix(prefix.size());
    break;
  }
  if (operation.ends_with("IfExists") && !operation.starts_with("Null")) {
    out.if_exists = true;
    operation.remove_suffix(sizeof "IfExists" - 1);
  }
  const Operator* found = find_operator(operation);
  if (!found || values.empty() || !std::all_of(values.begin(), values.end(), found->is_value)) return std::nullopt;
  out.test = found->test;
  out.negated = found->negated;
  out.wild = found->wild;
  out.key = lower_case(key);
  out.values = std::move(values);
  return out;
}

// A key that is missing: no value of it is outside the wanted ones, none is among them, and it equals nothing.
bool holds(const PolicyCondition& condition, const PolicyRequest& request) {
  using Set = PolicyCondition::Set;
  const auto [first, last] = request.context.keys().equal_range(condition.key);
  const bool there = first != last;
  if (!condition.test) {
    return std::any_of(condition.values.begin(), condition.values.end(),
                       [&](const std::string& value) { return (lower_case(value) == "true") != there; });
  }
  if (!there)
    return condition.if_exists || condition.set == Set::kForAll ||
           (condition.negated && condition.set == Set::kNone);
  const auto passes = [&](const auto& given) {
    const bool found = std::any_of(condition.values.begin(), condition.values.end(), [&](const std::string& wanted) {
      if (wanted.find("${") == std::string::npos) return condition.test(wanted, given.second);
      const auto known = filled(wanted, request, condition.wild ? Form::kPattern : Form::kText);
      return known && condition.test(*known, given.second);
    });
    return found != condition.negated;
  };
  return condition.set == Set::kForAny ? std::any_of(first, last, passes) : std::all_of(first, last, passes);
}

}  // namespace leat::aws
