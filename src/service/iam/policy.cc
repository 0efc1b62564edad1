#include "service/iam/policy.h"

#include <simdjson.h>

#include <algorithm>

#include "base/encoding.h"
#include "service/iam/policy_condition.h"

namespace leat::iam {
namespace {

using simdjson::dom::element;

// Texts, numbers and booleans, one or an array of them.
std::vector<std::string> texts_of(element value) {
  std::vector<std::string> out;
  simdjson::dom::array array;
  if (!value.get(array)) {
    for (element each : array) {
      for (auto& text : texts_of(each)) out.push_back(std::move(text));
    }
    return out;
  }
  std::string_view text;
  if (value.get(text))
    out.push_back(simdjson::minify(value));
  else
    out.emplace_back(text);
  return out;
}

std::vector<std::string> principals_of(element value) {
  std::string_view text;
  if (!value.get(text)) return {std::string(text)};
  std::vector<std::string> out;
  simdjson::dom::object kinds;
  if (value.get(kinds)) return out;
  for (const auto& [kind, named] : kinds) {
    for (auto& each : texts_of(named)) out.push_back(std::move(each));
  }
  return out;
}

std::optional<std::vector<PolicyCondition>> conditions_of(element value) {
  std::vector<PolicyCondition> out;
  simdjson::dom::object operators;
  if (value.get(operators)) return std::nullopt;
  for (const auto& [name, keys] : operators) {
    simdjson::dom::object pairs;
    if (keys.get(pairs)) return std::nullopt;
    for (const auto& [key, values] : pairs) {
      PolicyCondition condition;
      std::string_view operation = name;
      if (operation.starts_with("ForAllValues:")) condition.set = PolicyCondition::Set::kForAll;
      if (operation.starts_with("ForAnyValue:")) condition.set = PolicyCondition::Set::kForAny;
      if (const auto colon = operation.find(':'); colon != std::string_view::npos) operation.remove_prefix(colon + 1);
      if (operation.ends_with("IfExists")) {
        condition.if_exists = true;
        operation.remove_suffix(8);
      }
      condition.operation = operation;
      condition.key = lower_case(key);
      condition.values = texts_of(values);
      out.push_back(std::move(condition));
    }
  }
  return out;
}

std::optional<PolicyStatement> statement_of(element value) {
  PolicyStatement out;
  std::string_view effect;
  element part;
  if (value["Effect"].get(effect) || (effect != "Allow" && effect != "Deny")) return std::nullopt;
  out.allows = effect == "Allow";
  if (!value["Action"].get(part)) {
    out.actions = texts_of(part);
  } else if (!value["NotAction"].get(part)) {
    out.actions = texts_of(part);
    out.not_action = true;
  }
  for (auto& action : out.actions) action = lower_case(action);
  if (!value["Resource"].get(part)) {
    out.resources = texts_of(part);
  } else if (!value["NotResource"].get(part)) {
    out.resources = texts_of(part);
    out.not_resource = true;
  }
  if (!value["Principal"].get(part)) out.principals = principals_of(part);
  if (!value["Condition"].get(part)) {
    auto conditions = conditions_of(part);
    if (!conditions) return std::nullopt;
    out.conditions = std::move(*conditions);
  }
  return out;
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view text, const PolicyRequest& request) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    if (pattern == "*") return true;
    return pattern.find("${") == std::string::npos ? matches_wildcards(pattern, text)
                                                   : matches_wildcards(with_variables(pattern, request), text);
  });
}

bool applies(const PolicyStatement& statement, const PolicyRequest& request) {
  if (any_matches(statement.actions, lower_case(request.action), request) == statement.not_action) return false;
  const bool named = statement.resources.empty() || any_matches(statement.resources, request.resource, request);
  if (named == statement.not_resource) return false;
  return std::all_of(statement.conditions.begin(), statement.conditions.end(),
                     [&](const PolicyCondition& each) { return holds(each, request); });
}

bool is_for(const PolicyStatement& statement, const std::vector<std::string>& principals) {
  return std::any_of(statement.principals.begin(), statement.principals.end(), [&](const std::string& each) {
    return each == "*" || std::find(principals.begin(), principals.end(), each) != principals.end();
  });
}

}  // namespace

std::optional<PolicyDocument> PolicyDocument::parse(std::string_view text) {
  simdjson::dom::parser parser;
  element root, statements;
  if (parser.parse(text.data(), text.size()).get(root) || !root.is_object() || root["Statement"].get(statements))
    return std::nullopt;
  PolicyDocument out;
  simdjson::dom::array array;
  const auto add = [&](element each) {
    auto statement = statement_of(each);
    if (statement) out.statements_.push_back(std::move(*statement));
    return statement.has_value();
  };
  if (statements.get(array)) return add(statements) ? std::optional(std::move(out)) : std::nullopt;
  for (element each : array) {
    if (!add(each)) return std::nullopt;
  }
  return out;
}

Decision PolicyDocument::decide(const PolicyRequest& request) const {
  Decision out = Decision::kNotAllowed;
  for (const PolicyStatement& statement : statements_) {
    if (applies(statement, request)) out = both(out, statement.allows ? Decision::kAllowed : Decision::kDenied);
  }
  return out;
}

Decision PolicyDocument::decide(const PolicyRequest& request, const std::vector<std::string>& principals) const {
  Decision out = Decision::kNotAllowed;
  for (const PolicyStatement& statement : statements_) {
    if (is_for(statement, principals) && applies(statement, request))
      out = both(out, statement.allows ? Decision::kAllowed : Decision::kDenied);
  }
  return out;
}

Decision both(Decision left, Decision right) { return std::max(left, right); }

bool matches_wildcards(std::string_view pattern, std::string_view text) {
  // The last star is tried at each place; an earlier one need not be tried again.
  std::size_t p = 0, t = 0, star = std::string_view::npos, resumed = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || (pattern[p] == text[t] && pattern[p] != '*'))) {
      ++p;
      ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resumed = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resumed;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace leat::iam
