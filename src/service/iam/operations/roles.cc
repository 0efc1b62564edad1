#include <fmt/format.h>

#include "aws/iam/operations.h"
#include "base/encoding.h"
#include "service/iam/iam.h"
#include "service/iam/principal_policies.h"

namespace leat::iam {
namespace {

// Policy documents are answered percent-encoded.
Role presented(Role role) {
  if (role.assume_role_policy_document)
    role.assume_role_policy_document = percent_encode(*role.assume_role_policy_document);
  return role;
}

}  // namespace

aws::Result<CreateRoleResponse> create_role(Iam& iam, const aws::Caller& caller, const CreateRoleRequest& input) {
  TRY_VOID(check_policy_document(input.assume_role_policy_document, aws::PolicyKind::kTrust));
  const std::string key = row(caller.account, 'r', input.role_name);
  if (iam.load<Role>(key))
    return aws::fail(errors::kEntityAlreadyExists, fmt::format("Role with name {} already exists.", input.role_name));
  constexpr std::int32_t kHour = 3600;
  Role role;
  role.path = input.path.value_or("/");
  role.role_name = input.role_name;
  role.role_id = iam.new_id("AROA");
  role.arn = arn(caller.account, "role", role.path, role.role_name);
  role.create_date = std::chrono::floor<std::chrono::seconds>(iam.clock().now());
  role.assume_role_policy_document = input.assume_role_policy_document;
  role.description = input.description;
  role.max_session_duration = input.max_session_duration.value_or(kHour);
  role.tags = input.tags;
  if (input.permissions_boundary)
    role.permissions_boundary = TRY(find_boundary(iam, caller.account, *input.permissions_boundary));
  iam.save(key, role);
  return CreateRoleResponse{presented(role)};
}

aws::Result<GetRoleResponse> get_role(Iam& iam, const aws::Caller& caller, const GetRoleRequest& input) {
  Role role = TRY(iam.role(caller.account, input.role_name));
  role.role_last_used.emplace();
  return GetRoleResponse{presented(std::move(role))};
}

aws::Result<ListRolesResponse> list_roles(Iam& iam, const aws::Caller& caller, const ListRolesRequest& input) {
  std::vector<Role> roles = iam.list<Role>(home(caller.account, 'r'));
  std::erase_if(roles, [&](const Role& role) { return !role.path.starts_with(input.path_prefix.value_or("/")); });
  ListRolesResponse output;
  for (Role& role : page(input, std::move(roles), output)) output.roles.push_back(presented(std::move(role)));
  return output;
}

aws::Result<void> delete_role(Iam& iam, const aws::Caller& caller, const DeleteRoleRequest& input) {
  TRY(iam.role(caller.account, input.role_name));
  TRY_VOID(PrincipalPolicies(iam, caller.account, Principal::Kind::kRole, input.role_name).check_none());
  iam.erase(row(caller.account, 'r', input.role_name));
  return {};
}

aws::Result<void> update_assume_role_policy(Iam& iam, const aws::Caller& caller,
                                            const UpdateAssumeRolePolicyRequest& input) {
  TRY_VOID(check_policy_document(input.policy_document, aws::PolicyKind::kTrust));
  Role role = TRY(iam.role(caller.account, input.role_name));
  role.assume_role_policy_document = input.policy_document;
  iam.save(row(caller.account, 'r', input.role_name), role);
  return {};
}

aws::Result<ListRoleTagsResponse> list_role_tags(Iam& iam, const aws::Caller& caller,
                                                 const ListRoleTagsRequest& input) {
  const Role role = TRY(iam.role(caller.account, input.role_name));
  ListRoleTagsResponse output;
  output.tags = page(input, role.tags.value_or(std::vector<Tag>()), output);
  return output;
}

aws::Result<ListInstanceProfilesForRoleResponse> list_instance_profiles_for_role(
    Iam& iam, const aws::Caller& caller, const ListInstanceProfilesForRoleRequest& input) {
  TRY(iam.role(caller.account, input.role_name));
  ListInstanceProfilesForRoleResponse output;  // leat has no EC2, so no role is in a profile
  output.is_truncated = false;
  return output;
}

}  // namespace leat::iam
