#include "aws/iam/operations.h"
#include "service/iam/principal_policies.h"

namespace leat::iam {
namespace {

PrincipalPolicies of(Iam& iam, const aws::Caller& caller, const std::string& role) {
  return PrincipalPolicies(iam, caller.account, Principal::Kind::kRole, role);
}

}  // namespace

aws::Result<void> put_role_policy(Iam& iam, const aws::Caller& caller, const PutRolePolicyRequest& input) {
  return of(iam, caller, input.role_name).put(input.policy_name, input.policy_document);
}

aws::Result<GetRolePolicyResponse> get_role_policy(Iam& iam, const aws::Caller& caller,
                                                   const GetRolePolicyRequest& input) {
  const std::string document = TRY(of(iam, caller, input.role_name).document(input.policy_name));
  return GetRolePolicyResponse{input.role_name, input.policy_name, document};
}

aws::Result<ListRolePoliciesResponse> list_role_policies(Iam& iam, const aws::Caller& caller,
                                                         const ListRolePoliciesRequest& input) {
  ListRolePoliciesResponse output;
  auto all = TRY(of(iam, caller, input.role_name).names());
  output.policy_names = page(input, std::move(all), output);
  return output;
}

aws::Result<void> delete_role_policy(Iam& iam, const aws::Caller& caller, const DeleteRolePolicyRequest& input) {
  return of(iam, caller, input.role_name).erase(input.policy_name);
}

aws::Result<void> attach_role_policy(Iam& iam, const aws::Caller& caller, const AttachRolePolicyRequest& input) {
  return of(iam, caller, input.role_name).attach(input.policy_arn);
}

aws::Result<void> detach_role_policy(Iam& iam, const aws::Caller& caller, const DetachRolePolicyRequest& input) {
  return of(iam, caller, input.role_name).detach(input.policy_arn);
}

aws::Result<ListAttachedRolePoliciesResponse> list_attached_role_policies(
    Iam& iam, const aws::Caller& caller, const ListAttachedRolePoliciesRequest& input) {
  ListAttachedRolePoliciesResponse output;
  auto all = TRY(of(iam, caller, input.role_name).attached());
  output.attached_policies = page(input, std::move(all), output);
  return output;
}

}  // namespace leat::iam
