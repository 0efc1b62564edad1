#include <fmt/format.h>

#include "aws/iam/operations.h"
#include "base/encoding.h"
#include "service/iam/iam.h"
#include "service/iam/managed_policies.h"

namespace leat::iam {
namespace {

std::string_view policy_name_in(std::string_view arn) { return arn.substr(arn.rfind('/') + 1); }

aws::Result<void> check_policy_exists(const Iam& iam, const aws::Caller& caller, const std::string& arn) {
  if (find_managed_policy(arn) || iam.load<Policy>(row(caller.account, 'p', policy_name_in(arn)))) return {};
  return aws::fail(errors::kNoSuchEntity, fmt::format("Policy {} does not exist or is not attachable.", arn));
}

}  // namespace

aws::Result<void> put_role_policy(Iam& iam, const aws::Caller& caller, const PutRolePolicyRequest& input) {
  TRY_VOID(check_policy_document(input.policy_document));
  TRY(iam.role(caller.account, input.role_name));
  iam.save(row(caller.account, 'i', input.role_name, input.policy_name),
           GetRolePolicyResponse{input.role_name, input.policy_name, input.policy_document});
  return {};
}

aws::Result<GetRolePolicyResponse> get_role_policy(Iam& iam, const aws::Caller& caller,
                                                   const GetRolePolicyRequest& input) {
  TRY(iam.role(caller.account, input.role_name));
  auto found = iam.load<GetRolePolicyResponse>(row(caller.account, 'i', input.role_name, input.policy_name));
  if (!found)
    return aws::fail(errors::kNoSuchEntity,
                     fmt::format("The role policy with name {} cannot be found.", input.policy_name));
  found->policy_document = percent_encode(found->policy_document);
  return std::move(*found);
}

aws::Result<ListRolePoliciesResponse> list_role_policies(Iam& iam, const aws::Caller& caller,
                                                         const ListRolePoliciesRequest& input) {
  TRY(iam.role(caller.account, input.role_name));
  ListRolePoliciesResponse output;
  const auto all = iam.list<GetRolePolicyResponse>(row(caller.account, 'i', input.role_name));
  for (auto& each : page(input, all, output)) output.policy_names.push_back(each.policy_name);
  return output;
}

aws::Result<void> delete_role_policy(Iam& iam, const aws::Caller& caller, const DeleteRolePolicyRequest& input) {
  TRY(iam.role(caller.account, input.role_name));
  const std::string key = row(caller.account, 'i', input.role_name, input.policy_name);
  if (!iam.load<GetRolePolicyResponse>(key)) {
    return aws::fail(errors::kNoSuchEntity,
                     fmt::format("The role policy with name {} cannot be found.", input.policy_name));
  }
  iam.erase(key);
  return {};
}

aws::Result<void> attach_role_policy(Iam& iam, const aws::Caller& caller, const AttachRolePolicyRequest& input) {
  TRY(iam.role(caller.account, input.role_name));
  TRY_VOID(check_policy_exists(iam, caller, input.policy_arn));
  iam.save(row(caller.account, 'a', input.role_name, input.policy_arn),
           AttachedPolicy{std::string(policy_name_in(input.policy_arn)), input.policy_arn});
  return {};
}

aws::Result<void> detach_role_policy(Iam& iam, const aws::Caller& caller, const DetachRolePolicyRequest& input) {
  TRY(iam.role(caller.account, input.role_name));
  const std::string key = row(caller.account, 'a', input.role_name, input.policy_arn);
  if (!iam.load<AttachedPolicy>(key))
    return aws::fail(errors::kNoSuchEntity, fmt::format("Policy {} was not found.", input.policy_arn));
  iam.erase(key);
  return {};
}

aws::Result<ListAttachedRolePoliciesResponse> list_attached_role_policies(
    Iam& iam, const aws::Caller& caller, const ListAttachedRolePoliciesRequest& input) {
  TRY(iam.role(caller.account, input.role_name));
  ListAttachedRolePoliciesResponse output;
  output.attached_policies = page(input, iam.list<AttachedPolicy>(row(caller.account, 'a', input.role_name)), output);
  return output;
}

}  // namespace leat::iam
