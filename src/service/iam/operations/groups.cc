#include <fmt/format.h>

#include "aws/iam/operations.h"
#include "service/iam/iam.h"
#include "service/iam/principal_policies.h"

namespace leat::iam {
namespace {

// Rows of a group that bear its name: inline and attached policies, and users.
constexpr char kOfGroup[] = {'j', 'b', 'h'};

std::string member_row(std::string_view account, std::string_view group, std::string_view user) {
  return row(account, 'h', group, user);
}
std::string group_of_user_row(std::string_view account, std::string_view user, std::string_view group) {
  return row(account, 'H', user, group);
}

std::unexpected<aws::Error> exists(std::string_view name) {
  return aws::fail(errors::kEntityAlreadyExists, fmt::format("Group with name {} already exists.", name));
}

// All that is the group's goes to its new name.
void move_rows(Iam& iam, std::string_view account, const std::string& from, const std::string& to, kv::Batch& batch) {
  for (const char room : kOfGroup) {
    const std::string old = row(account, room, from);
    const auto cursor = iam.store().scan(kv::prefix_range(old), kv::Direction::kForward);
    for (; cursor->valid(); cursor->next()) {
      batch.put(row(account, room, to) + std::string(cursor->key().substr(old.size())), cursor->value());
      batch.erase(cursor->key());
    }
  }
  for (const std::string& user : iam.texts(row(account, 'h', from))) {
    batch.erase(group_of_user_row(account, user, from));
    batch.put(group_of_user_row(account, user, to), to);
  }
  batch.erase(row(account, 'g', from));
}

}  // namespace

aws::Result<CreateGroupResponse> create_group(Iam& iam, const aws::Caller& caller, const CreateGroupRequest& input) {
  if (iam.group(caller.account, input.group_name)) return exists(input.group_name);
  Group group;
  group.path = input.path.value_or("/");
  group.group_name = input.group_name;
  group.group_id = iam.new_id("AGPA");
  group.arn = arn(caller.account, "group", group.path, group.group_name);
  group.create_date = std::chrono::floor<std::chrono::seconds>(iam.clock().now());
  iam.save(row(caller.account, 'g', input.group_name), group);
  return CreateGroupResponse{group};
}

aws::Result<GetGroupResponse> get_group(Iam& iam, const aws::Caller& caller, const GetGroupRequest& input) {
  GetGroupResponse output;
  output.group = TRY(iam.group(caller.account, input.group_name));
  for (const std::string& name : page(input, iam.texts(row(caller.account, 'h', input.group_name)), output))
    output.users.push_back(TRY(iam.user(caller.account, name)));
  return output;
}

aws::Result<ListGroupsResponse> list_groups(Iam& iam, const aws::Caller& caller, const ListGroupsRequest& input) {
  std::vector<Group> groups = iam.list<Group>(home(caller.account, 'g'));
  std::erase_if(groups, [&](const Group& group) { return !group.path.starts_with(input.path_prefix.value_or("/")); });
  ListGroupsResponse output;
  output.groups = page(input, std::move(groups), output);
  return output;
}

aws::Result<ListGroupsForUserResponse> list_groups_for_user(Iam& iam, const aws::Caller& caller,
                                                            const ListGroupsForUserRequest& input) {
  TRY(iam.user(caller.account, input.user_name));
  ListGroupsForUserResponse output;
  for (const std::string& name : page(input, iam.texts(row(caller.account, 'H', input.user_name)), output))
    output.groups.push_back(TRY(iam.group(caller.account, name)));
  return output;
}

aws::Result<void> update_group(Iam& iam, const aws::Caller& caller, const UpdateGroupRequest& input) {
  Group group = TRY(iam.group(caller.account, input.group_name));
  const std::string name = input.new_group_name.value_or(input.group_name);
  kv::Batch batch;
  if (name != input.group_name) {
    if (iam.group(caller.account, name)) return exists(name);
    move_rows(iam, caller.account, input.group_name, name, batch);
  }
  group.group_name = name;
  group.path = input.new_path.value_or(group.path);
  group.arn = arn(caller.account, "group", group.path, group.group_name);
  batch.put(row(caller.account, 'g', name), aws::to_json(group));
  iam.commit(batch);
  return {};
}

aws::Result<void> delete_group(Iam& iam, const aws::Caller& caller, const DeleteGroupRequest& input) {
  TRY(iam.group(caller.account, input.group_name));
  if (!iam.texts(row(caller.account, 'h', input.group_name)).empty())
    return aws::fail(errors::kDeleteConflict, "Cannot delete entity, must remove users from group first.");
  TRY_VOID(PrincipalPolicies(iam, caller.account, Principal::Kind::kGroup, input.group_name).check_none());
  iam.erase(row(caller.account, 'g', input.group_name));
  return {};
}

aws::Result<void> add_user_to_group(Iam& iam, const aws::Caller& caller, const AddUserToGroupRequest& input) {
  TRY(iam.group(caller.account, input.group_name));
  TRY(iam.user(caller.account, input.user_name));
  kv::Batch batch;
  batch.put(member_row(caller.account, input.group_name, input.user_name), input.user_name);
  batch.put(group_of_user_row(caller.account, input.user_name, input.group_name), input.group_name);
  iam.commit(batch);
  return {};
}

aws::Result<void> remove_user_from_group(Iam& iam, const aws::Caller& caller, const RemoveUserFromGroupRequest& input) {
  TRY(iam.group(caller.account, input.group_name));
  TRY(iam.user(caller.account, input.user_name));
  kv::Batch batch;
  batch.erase(member_row(caller.account, input.group_name, input.user_name));
  batch.erase(group_of_user_row(caller.account, input.user_name, input.group_name));
  iam.commit(batch);
  return {};
}

}  // namespace leat::iam
