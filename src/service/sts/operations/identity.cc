#include "aws/sts/operations.h"
#include "service/sts/sts.h"

namespace leat::sts {

aws::Result<GetCallerIdentityResponse> get_caller_identity(Sts&, const aws::Caller& caller,
                                                           const GetCallerIdentityRequest&) {
  GetCallerIdentityResponse output;
  output.user_id = caller.principal_id;
  output.account = caller.account;
  output.arn = caller.arn;
  return output;
}

aws::Result<AssumeRoleResponse> assume_role(Sts& sts, const aws::Caller& caller, const AssumeRoleRequest& input) {
  const aws::Credential credential = TRY(sts.roles().assume(caller, input));
  AssumeRoleResponse output;
  auto& credentials = output.credentials.emplace();
  credentials.access_key_id = credential.access_key;
  credentials.secret_access_key = credential.secret_key;
  credentials.session_token = credential.session_token;
  credentials.expiration = *credential.expiration;
  auto& user = output.assumed_role_user.emplace();
  user.assumed_role_id = credential.principal_id;
  user.arn = credential.arn;
  output.source_identity = input.source_identity;
  return output;
}

}  // namespace leat::sts
