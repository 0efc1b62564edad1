#include "service/iam/policy_condition.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <functional>

#include "base/encoding.h"

namespace leat::iam {
namespace {

using Compare = std::function<bool(std::string_view wanted, std::string_view given)>;

std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A date, or seconds since 1970.
std::optional<double> time_of(std::string_view text) {
  if (const auto time = parse_iso8601(text)) return static_cast<double>(to_millis(*time)) / 1000;
  return number_of(text);
}

template <class Parse, class Test>
Compare ordered(Parse parse, Test test) {
  return [=](std::string_view wanted, std::string_view given) {
    const auto left = parse(given), right = parse(wanted);
    return left && right && test(*left, *right);
  };
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

bool in_network(std::string_view network, std::string_view address) {
  const auto slash = network.find('/');
  const std::string base(network.substr(0, slash));
  unsigned char left[16], right[16];
  for (const auto& [family, size] : {std::pair{AF_INET, 4}, std::pair{AF_INET6, 16}}) {
    if (inet_pton(family, base.c_str(), left) != 1 || inet_pton(family, std::string(address).c_str(), right) != 1)
      continue;
    int bits = size * 8;
    if (slash != std::string_view::npos)
      std::from_chars(network.data() + slash + 1, network.data() + network.size(), bits);
    for (int bit = 0; bit < bits; ++bit) {
      if (((left[bit / 8] ^ right[bit / 8]) >> (7 - bit % 8)) & 1) return false;
    }
    return true;
  }
  return false;
}

// The comparison of an operator without its negation.
Compare comparison(std::string_view operation) {
  const auto is = [&](std::string_view name) { return operation == name; };
  if (is("StringEquals") || is("BinaryEquals")) return [](auto wanted, auto given) { return wanted == given; };
  if (is("StringEqualsIgnoreCase"))
    return [](auto wanted, auto given) { return lower_case(wanted) == lower_case(given); };
  if (is("StringLike")) return [](auto wanted, auto given) { return matches_wildcards(wanted, given); };
  if (is("ArnEquals") || is("ArnLike")) return arn_matches;
  if (is("Bool")) return [](auto wanted, auto given) { return lower_case(wanted) == lower_case(given); };
  if (is("IpAddress")) return in_network;
  for (const auto& [kind, parse] :
       {std::pair{std::string_view("Numeric"), &number_of}, {std::string_view("Date"), &time_of}}) {
    if (!operation.starts_with(kind)) continue;
    const std::string_view test = operation.substr(kind.size());
    if (test == "Equals") return ordered(parse, std::equal_to<double>());
    if (test == "LessThan") return ordered(parse, std::less<double>());
    if (test == "LessThanEquals") return ordered(parse, std::less_equal<double>());
    if (test == "GreaterThan") return ordered(parse, std::greater<double>());
    if (test == "GreaterThanEquals") return ordered(parse, std::greater_equal<double>());
  }
  return nullptr;
}

// StringNotEquals is StringEquals, negated.
bool is_negated(std::string& operation) {
  for (const std::string_view kind : {"String", "Numeric", "Date", "Arn"}) {
    const std::string negated = std::string(kind) + "Not";
    if (!operation.starts_with(negated)) continue;
    operation.erase(kind.size(), 3);
    return true;
  }
  if (operation != "NotIpAddress") return false;
  operation = "IpAddress";
  return true;
}

}  // namespace

std::string with_variables(const std::string& text, const PolicyRequest& request) {
  if (text.find("${") == std::string::npos) return text;
  std::string out;
  std::size_t from = 0;
  for (std::size_t begin = 0; (begin = text.find("${", from)) != std::string::npos;) {
    const auto end = text.find('}', begin);
    if (end == std::string::npos) break;
    out += text.substr(from, begin - from);
    std::string name = text.substr(begin + 2, end - begin - 2);
    from = end + 1;
    if (name == "*" || name == "?" || name == "$") {
      out += name;
      continue;
    }
    const auto comma = name.find(',');
    const auto value = request.context.keys().find(lower_case(name.substr(0, comma)));
    if (value != request.context.keys().end())
      out += value->second;
    else if (comma != std::string::npos)
      out += name.substr(name.find('\'') + 1, name.rfind('\'') - name.find('\'') - 1);
    else
      out += '\0';
  }
  return out + text.substr(from);
}

bool holds(const PolicyCondition& condition, const PolicyRequest& request) {
  const auto [first, last] = request.context.keys().equal_range(condition.key);
  const bool there = first != last;
  if (condition.operation == "Null") {
    return std::any_of(condition.values.begin(), condition.values.end(),
                       [&](const std::string& value) { return (lower_case(value) == "true") != there; });
  }
  std::string operation = condition.operation;
  const bool negated = is_negated(operation);
  const Compare compare = comparison(operation);
  if (!compare) return false;
  if (!there) return condition.if_exists || negated || condition.set == PolicyCondition::Set::kForAll;
  const auto matches = [&](const auto& given) {
    const bool found = std::any_of(condition.values.begin(), condition.values.end(), [&](const std::string& wanted) {
      return compare(with_variables(wanted, request), given.second);
    });
    return found != negated;
  };
  if (condition.set == PolicyCondition::Set::kForAny) return std::any_of(first, last, matches);
  return std::all_of(first, last, matches);
}

}  // namespace leat::iam
