#include "aws/iam/operations.h"
#include "service/iam/principal_policies.h"

namespace leat::iam {
namespace {

PrincipalPolicies of(Iam& iam, const aws::Caller& caller, const std::string& user) {
  return PrincipalPolicies(iam, caller.account, Principal::Kind::kUser, user);
}

}  // namespace

aws::Result<void> put_user_policy(Iam& iam, const aws::Caller& caller, const PutUserPolicyRequest& input) {
  return of(iam, caller, input.user_name).put(input.policy_name, input.policy_document);
}

aws::Result<GetUserPolicyResponse> get_user_policy(Iam& iam, const aws::Caller& caller,
                                                   const GetUserPolicyRequest& input) {
  const std::string document = TRY(of(iam, caller, input.user_name).document(input.policy_name));
  return GetUserPolicyResponse{input.user_name, input.policy_name, document};
}

aws::Result<ListUserPoliciesResponse> list_user_policies(Iam& iam, const aws::Caller& caller,
                                                         const ListUserPoliciesRequest& input) {
  ListUserPoliciesResponse output;
  auto all = TRY(of(iam, caller, input.user_name).names());
  output.policy_names = page(input, std::move(all), output);
  return output;
}

aws::Result<void> delete_user_policy(Iam& iam, const aws::Caller& caller, const DeleteUserPolicyRequest& input) {
  return of(iam, caller, input.user_name).erase(input.policy_name);
}

aws::Result<void> attach_user_policy(Iam& iam, const aws::Caller& caller, const AttachUserPolicyRequest& input) {
  return of(iam, caller, input.user_name).attach(input.policy_arn);
}

aws::Result<void> detach_user_policy(Iam& iam, const aws::Caller& caller, const DetachUserPolicyRequest& input) {
  return of(iam, caller, input.user_name).detach(input.policy_arn);
}

aws::Result<ListAttachedUserPoliciesResponse> list_attached_user_policies(
    Iam& iam, const aws::Caller& caller, const ListAttachedUserPoliciesRequest& input) {
  ListAttachedUserPoliciesResponse output;
  auto all = TRY(of(iam, caller, input.user_name).attached());
  output.attached_policies = page(input, std::move(all), output);
  return output;
}

}  // namespace leat::iam
