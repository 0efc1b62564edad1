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
  constexpr std::int32_t kHour = 3600;
  const auto duration = std::chrono::seconds(input.duration_seconds.value_or(kHour));
  const aws::Credential credential = TRY(sts.roles().assume(caller, input.role_arn, input.role_session_name, duration));
  AssumeRoleResponse output;
  auto& credentials = output.credentials.emplace();
  credentials.access_key_id = credential.access_key;
  credentials.secret_access_key = credential.secret_key;
  credentials.session_token = credential.session_token;
  credentials.expiration = *credential.expiration;
  auto& user = output.assumed_role_user.emplace();
  user.assumed_role_id = credential.principal_id;
  user.arn = credential.arn;
  return output;
}

}  // namespace leat::sts
