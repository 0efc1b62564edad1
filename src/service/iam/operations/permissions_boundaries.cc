// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
#include "aws/iam/operations.h"
#include "service/iam/iam.h"
#include "service/iam/principal.h"

namespace leat::iam {

aws::Result<void> put_role_permissions_boundary(Iam& iam, const aws::Caller& caller,
                                                const PutRolePermissionsBoundaryRequest& input) {
  Role role = TRY(iam.role(caller.account, input.role_name));
  role.permissions_boundary = TRY(find_boundary(iam, caller.account, input.permissions_boundary));
  iam.save(row(caller.account, 'r', input.role_name), role);
  return {};
}

aws::Result<void> delete_role_permissions_boundary(Iam& iam, const aws::Caller& caller,
                                                   const DeleteRolePermissionsBoundaryRequest& input) {
  Role role = TRY(iam.role(caller.account, input.role_name));
  role.permissions_boundary.reset();
  iam.save(row(caller.account, 'r', input.role_name), role);
  return {};
}

aws::Result<void> put_user_permissions_boundary(Iam& iam, const aws::Caller& caller,
                                                const PutUserPermissionsBoundaryRequest& input) {
  User user = TRY(iam.user(caller.account, input.user_name));
  user.permissions_boundary = TRY(find_boundary(iam, caller.account, input.permissions_boundary));
  iam.save(row(caller.account, 'u', input.user_name), user);
  return {};
}

aws::Result<void> delete_user_permissions_boundary(Iam& iam, const aws::Caller& caller,
                                                   const DeleteUserPermissionsBoundaryRequest& input) {
  User user = TRY(iam.user(caller.account, input.user_name));
  user.permissions_boundary.reset();
  iam.save(row(caller.account, 'u', input.user_name), user);
  return {};
}

}  // namespace leat::iam
