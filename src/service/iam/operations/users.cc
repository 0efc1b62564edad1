#include <fmt/format.h>

#include "aws/access_key_id.h"
#include "aws/iam/operations.h"
#include "service/iam/iam.h"
#include "service/iam/principal_policies.h"

namespace leat::iam {
namespace {

constexpr std::size_t kMaxAccessKeys = 2;

std::string user_name(const aws::Caller& caller, const std::optional<std::string>& given) {
  return given ? *given : caller.arn.substr(caller.arn.rfind('/') + 1);
}

}  // namespace

aws::Result<CreateUserResponse> create_user(Iam& iam, const aws::Caller& caller, const CreateUserRequest& input) {
  const std::string key = row(caller.account, 'u', input.user_name);
  if (iam.load<User>(key))
    return aws::fail(errors::kEntityAlreadyExists, fmt::format("User with name {} already exists.", input.user_name));
  User user;
  user.path = input.path.value_or("/");
  user.user_name = input.user_name;
  user.user_id = iam.new_id("AIDA");
  user.arn = arn(caller.account, "user", user.path, user.user_name);
  user.create_date = std::chrono::floor<std::chrono::seconds>(iam.clock().now());
  user.tags = input.tags;
  if (input.permissions_boundary)
    user.permissions_boundary = TRY(find_boundary(iam, caller.account, *input.permissions_boundary));
  iam.save(key, user);
  CreateUserResponse output;
  output.user = std::move(user);
  return output;
}

aws::Result<GetUserResponse> get_user(Iam& iam, const aws::Caller& caller, const GetUserRequest& input) {
  return GetUserResponse{TRY(iam.user(caller.account, user_name(caller, input.user_name)))};
}

aws::Result<ListUsersResponse> list_users(Iam& iam, const aws::Caller& caller, const ListUsersRequest& input) {
  std::vector<User> users = iam.list<User>(home(caller.account, 'u'));
  std::erase_if(users, [&](const User& user) { return !user.path.starts_with(input.path_prefix.value_or("/")); });
  ListUsersResponse output;
  output.users = page(input, std::move(users), output);
  return output;
}

aws::Result<void> delete_user(Iam& iam, const aws::Caller& caller, const DeleteUserRequest& input) {
  const User user = TRY(iam.user(caller.account, input.user_name));
  if (!iam.keys_of(user.user_id).empty())
    return aws::fail(errors::kDeleteConflict, "Cannot delete entity, must delete access keys first.");
  if (!iam.texts(row(caller.account, 'H', input.user_name)).empty())
    return aws::fail(errors::kDeleteConflict, "Cannot delete entity, must remove user from groups first.");
  TRY_VOID(PrincipalPolicies(iam, caller.account, Principal::Kind::kUser, input.user_name).check_none());
  iam.erase(row(caller.account, 'u', input.user_name));
  return {};
}

aws::Result<CreateAccessKeyResponse> create_access_key(Iam& iam, const aws::Caller& caller,
                                                       const CreateAccessKeyRequest& input) {
  const User user = TRY(iam.user(caller.account, user_name(caller, input.user_name)));
  if (iam.keys_of(user.user_id).size() >= kMaxAccessKeys)
    return aws::fail(errors::kLimitExceeded, "Cannot exceed quota for AccessKeysPerUser: 2");
  StoredKey credential;
  credential.access_key = iam.new_access_key_id(aws::kPermanentKey, caller.account);
  credential.secret_key = iam.random().text(40, kSecretAlphabet);
  credential.account = caller.account;
  credential.arn = user.arn;
  credential.principal_id = user.user_id;
  credential.created = iam.clock().now();
  iam.save_credential(credential);
  CreateAccessKeyResponse output;
  output.access_key.user_name = user.user_name;
  output.access_key.access_key_id = credential.access_key;
  output.access_key.status = "Active";
  output.access_key.secret_access_key = credential.secret_key;
  output.access_key.create_date = std::chrono::floor<std::chrono::seconds>(iam.clock().now());
  return output;
}

aws::Result<ListAccessKeysResponse> list_access_keys(Iam& iam, const aws::Caller& caller,
                                                     const ListAccessKeysRequest& input) {
  const User user = TRY(iam.user(caller.account, user_name(caller, input.user_name)));
  ListAccessKeysResponse output;
  output.is_truncated = false;
  for (const auto& credential : iam.keys_of(user.user_id)) {
    AccessKeyMetadata key;
    key.user_name = user.user_name;
    key.access_key_id = credential.access_key;
    key.status = credential.active ? "Active" : "Inactive";
    key.create_date = std::chrono::floor<std::chrono::seconds>(credential.created);
    output.access_key_metadata.push_back(std::move(key));
  }
  return output;
}

namespace {

aws::Result<StoredKey> find_own_key(const Iam& iam, const User& user, const std::string& id) {
  auto key = iam.find_key(id);
  if (key && key->principal_id == user.user_id) return std::move(*key);
  return aws::fail(errors::kNoSuchEntity, fmt::format("The Access Key with id {} cannot be found.", id));
}

}  // namespace

aws::Result<void> update_access_key(Iam& iam, const aws::Caller& caller, const UpdateAccessKeyRequest& input) {
  const User user = TRY(iam.user(caller.account, user_name(caller, input.user_name)));
  StoredKey key = TRY(find_own_key(iam, user, input.access_key_id));
  key.active = input.status == "Active";
  iam.save_credential(key);
  return {};
}

aws::Result<void> delete_access_key(Iam& iam, const aws::Caller& caller, const DeleteAccessKeyRequest& input) {
  const User user = TRY(iam.user(caller.account, user_name(caller, input.user_name)));
  TRY(find_own_key(iam, user, input.access_key_id));
  iam.erase_credential(input.access_key_id);
  return {};
}

}  // namespace leat::iam
