#include "aws/iam/operations.h"
#include "service/iam/principal_policies.h"

namespace leat::iam {
namespace {

PrincipalPolicies of(Iam& iam, const aws::Caller& caller, const std::string& group) {
  return PrincipalPolicies(iam, caller.account, Principal::Kind::kGroup, group);
}

}  // namespace

aws::Result<void> put_group_policy(Iam& iam, const aws::Caller& caller, const PutGroupPolicyRequest& input) {
  return of(iam, caller, input.group_name).put(input.policy_name, input.policy_document);
}

aws::Result<GetGroupPolicyResponse> get_group_policy(Iam& iam, const aws::Caller& caller,
                                                     const GetGroupPolicyRequest& input) {
  const std::string document = TRY(of(iam, caller, input.group_name).document(input.policy_name));
  return GetGroupPolicyResponse{input.group_name, input.policy_name, document};
}

aws::Result<ListGroupPoliciesResponse> list_group_policies(Iam& iam, const aws::Caller& caller,
                                                           const ListGroupPoliciesRequest& input) {
  ListGroupPoliciesResponse output;
  auto all = TRY(of(iam, caller, input.group_name).names());
  output.policy_names = page(input, std::move(all), output);
  return output;
}

aws::Result<void> delete_group_policy(Iam& iam, const aws::Caller& caller, const DeleteGroupPolicyRequest& input) {
  return of(iam, caller, input.group_name).erase(input.policy_name);
}

aws::Result<void> attach_group_policy(Iam& iam, const aws::Caller& caller, const AttachGroupPolicyRequest& input) {
  return of(iam, caller, input.group_name).attach(input.policy_arn);
}

aws::Result<void> detach_group_policy(Iam& iam, const aws::Caller& caller, const DetachGroupPolicyRequest& input) {
  return of(iam, caller, input.group_name).detach(input.policy_arn);
}

aws::Result<ListAttachedGroupPoliciesResponse> list_attached_group_policies(
    Iam& iam, const aws::Caller& caller, const ListAttachedGroupPoliciesRequest& input) {
  ListAttachedGroupPoliciesResponse output;
  auto all = TRY(of(iam, caller, input.group_name).attached());
  output.attached_policies = page(input, std::move(all), output);
  return output;
}

}  // namespace leat::iam
