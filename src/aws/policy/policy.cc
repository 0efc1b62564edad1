#include "aws/policy/policy.h"

#include <algorithm>

#include "aws/policy/parser.h"
#include "aws/policy/wildcards.h"

namespace leat::aws {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool names_action(const std::string& pattern, std::string_view action) {
  return matches_wildcards(pattern, action, [](char left, char right) { return left == lower(right); });
}

// All but the value of a variable that has none is everything. A Deny means just that, and AWS takes an Allow so where
// the operator is an inverted one; here it allows nothing.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value
bool opens_by_nothing(const PolicyStatement& statement, const PolicyRequest& request) {
  if (!statement.allows) return false;
  const auto has_none = [&](const std::string& text) { return !variables_have_values(text, request); };
  const auto any = [&](const std::vector<std::string>& texts) {
    return std::any_of(texts.begin(), texts.end(), has_none);
  };
  return (statement.not_resource && any(statement.resources)) ||
         std::any_of(statement.conditions.begin(), statement.conditions.end(),
                     [&](const PolicyCondition& each) { return each.negated && any(each.values); });
}

bool applies(const PolicyStatement& statement, const PolicyRequest& request) {
  const bool acts = std::any_of(statement.actions.begin(), statement.actions.end(),
                                [&](const std::string& each) { return names_action(each, request.action); });
  if (acts == statement.not_action) return false;
  const bool named = std::any_of(
      statement.resources.begin(), statement.resources.end(),
      [&](const std::string& each) { return each == "*" || matches_pattern(each, request.resource, request); });
  if (named == statement.not_resource) return false;
  return std::all_of(statement.conditions.begin(), statement.conditions.end(),
                     [&](const PolicyCondition& each) { return holds(each, request); }) &&
         !opens_by_nothing(statement, request);
}

Naming naming_of(const PolicyName& name, const PolicyPrincipal& who) {
  using Kind = PolicyName::Kind;
  if (name.kind == Kind::kEverybody) return Naming::kSelf;
  if (name.text.empty()) return Naming::kNobody;
  if (name.kind == Kind::kService) return name.text == who.service ? Naming::kSelf : Naming::kNobody;
  if (name.kind == Kind::kAccount) return name.text == who.account ? Naming::kAccount : Naming::kNobody;
  if (name.kind != Kind::kPrincipal) return Naming::kNobody;
  if (name.text == who.role || (name.text == who.id && !who.role.empty())) return Naming::kRole;
  return name.text == who.arn || name.text == who.id ? Naming::kSelf : Naming::kNobody;
}

Naming closest(const std::vector<PolicyName>& names, const PolicyPrincipal& who) {
  Naming out = Naming::kNobody;
  for (const PolicyName& each : names) out = std::max(out, naming_of(each, who));
  return out;
}

// NotPrincipal leaves out only whom it names at each level: the account, the role, and the user or session.
bool is_left_out(const std::vector<PolicyName>& names, const PolicyPrincipal& who) {
  const auto names_level = [&](Naming level) {
    return std::any_of(names.begin(), names.end(), [&](const PolicyName& each) {
      return each.kind == PolicyName::Kind::kEverybody || naming_of(each, who) == level;
    });
  };
  if (!who.service.empty()) return names_level(Naming::kSelf);
  if (!names_level(Naming::kAccount)) return false;
  if (who.arn.ends_with(":root")) return true;
  return (who.role.empty() || names_level(Naming::kRole)) && (who.arn == who.role || names_level(Naming::kSelf));
}

Naming naming_of(const PolicyStatement& statement, const PolicyPrincipal& who) {
  if (!statement.not_principal) return closest(statement.principals, who);
  return is_left_out(statement.principals, who) ? Naming::kNobody : Naming::kSelf;
}

}  // namespace

PolicyDocument PolicyDocument::parse(std::string_view text, PolicyKind kind) {
  PolicyDocument out;
  out.statements_ = parse_policy(text, kind).statements;
  return out;
}

Decision PolicyDocument::decide(const PolicyRequest& request) const {
  Decision out = Decision::kNotAllowed;
  for (const PolicyStatement& statement : statements_) {
    if (applies(statement, request)) out = both(out, statement.allows ? Decision::kAllowed : Decision::kDenied);
  }
  return out;
}

Grant PolicyDocument::decide(const PolicyRequest& request, const PolicyPrincipal& who) const {
  Grant out;
  for (const PolicyStatement& statement : statements_) {
    const Naming naming = naming_of(statement, who);
    if (naming == Naming::kNobody || !applies(statement, request)) continue;
    if (!statement.allows) return {Decision::kDenied, naming};
    out = {Decision::kAllowed, std::max(out.naming, naming)};
  }
  return out;
}

std::optional<std::string> policy_problem(std::string_view text, PolicyKind kind) {
  return parse_policy(text, kind).problem;
}

}  // namespace leat::aws
