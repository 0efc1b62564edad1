#include "service/iam/principal_policies.h"

#include <fmt/format.h>

#include "base/encoding.h"

namespace leat::iam {
namespace {

std::string_view policy_name_in(std::string_view arn) { return arn.substr(arn.rfind('/') + 1); }

}  // namespace

aws::Result<void> PrincipalPolicies::check_principal() const {
  switch (principal_.kind) {
    case Principal::Kind::kRole: TRY(iam_.role(principal_.account, principal_.name)); break;
    case Principal::Kind::kUser: TRY(iam_.user(principal_.account, principal_.name)); break;
    case Principal::Kind::kGroup: TRY(iam_.group(principal_.account, principal_.name)); break;
  }
  return {};
}

std::string PrincipalPolicies::inline_row(std::string_view policy) const {
  return row(principal_.account, principal_.inline_room(), principal_.name, policy);
}
std::string PrincipalPolicies::attached_row(std::string_view policy_arn) const {
  return row(principal_.account, principal_.attached_room(), principal_.name, policy_arn);
}

std::unexpected<aws::Error> PrincipalPolicies::no_such_policy(std::string_view policy) const {
  return aws::fail(errors::kNoSuchEntity,
                   fmt::format("The {} policy with name {} cannot be found.",
                               principal_.word(), policy));
}

aws::Result<void> PrincipalPolicies::put(const std::string& policy, const std::string& document) {
  TRY_VOID(check_policy_document(document, aws::PolicyKind::kIdentity));
  TRY_VOID(check_principal());
  iam_.save(inline_row(policy), GetRolePolicyResponse{principal_.name, policy, document});
  return {};
}

aws::Result<std::string> PrincipalPolicies::document(const std::string& policy) const {
  TRY_VOID(check_principal());
  const auto found = iam_.load<GetRolePolicyResponse>(inline_row(policy));
  if (!found) return no_such_policy(policy);
  return percent_encode(found->policy_document);
}

aws::Result<std::vector<std::string>> PrincipalPolicies::names() const {
  TRY_VOID(check_principal());
  std::vector<std::string> out;
  for (auto& each :
       iam_.list<GetRolePolicyResponse>(row(principal_.account, principal_.inline_room(), principal_.name)))
    out.push_back(std::move(each.policy_name));
  return out;
}

aws::Result<void> PrincipalPolicies::erase(const std::string& policy) {
  TRY_VOID(check_principal());
  if (!iam_.load<GetRolePolicyResponse>(inline_row(policy))) return no_such_policy(policy);
  iam_.erase(inline_row(policy));
  return {};
}

aws::Result<void> PrincipalPolicies::attach(const std::string& policy_arn) {
  TRY_VOID(check_principal());
  if (!policy_arn.starts_with("arn:"))
    return aws::fail(aws::errors::kValidation, "Invalid ARN:  Could not be parsed!");
  if (managed_document(iam_, principal_.account, policy_arn).empty())
    return aws::fail(errors::kNoSuchEntity, fmt::format("Policy {} does not exist or is not attachable.", policy_arn));
  iam_.save(attached_row(policy_arn), AttachedPolicy{std::string(policy_name_in(policy_arn)), policy_arn});
  return {};
}

aws::Result<void> PrincipalPolicies::detach(const std::string& policy_arn) {
  TRY_VOID(check_principal());
  if (!iam_.load<AttachedPolicy>(attached_row(policy_arn)))
    return aws::fail(errors::kNoSuchEntity, fmt::format("Policy {} was not found.", policy_arn));
  iam_.erase(attached_row(policy_arn));
  return {};
}

aws::Result<std::vector<AttachedPolicy>> PrincipalPolicies::attached() const {
  TRY_VOID(check_principal());
  return iam_.list<AttachedPolicy>(row(principal_.account, principal_.attached_room(), principal_.name));
}

aws::Result<void> PrincipalPolicies::check_none() const {
  if (!TRY(attached()).empty())
    return aws::fail(errors::kDeleteConflict, "Cannot delete entity, must detach all policies first.");
  if (!TRY(names()).empty())
    return aws::fail(errors::kDeleteConflict, "Cannot delete entity, must delete policies first.");
  return {};
}

}  // namespace leat::iam
