#include <fmt/format.h>

#include "aws/iam/operations.h"
#include "base/encoding.h"
#include "service/iam/iam.h"
#include "service/iam/managed_policies.h"

namespace leat::iam {
namespace {

// The version that every policy has; leat keeps one.
constexpr std::string_view kVersion = "v1";

struct Found {
  Policy policy;
  std::string document;
};

Policy shipped(const ManagedPolicy& managed) {
  Policy policy;
  policy.policy_name = managed.name;
  policy.path = managed.path;
  policy.arn = fmt::format("arn:aws:iam::aws:policy{}{}", managed.path, managed.name);
  policy.default_version_id = kVersion;
  policy.is_attachable = true;
  return policy;
}

aws::Result<Found> find(const Iam& iam, const aws::Caller& caller, const std::string& arn) {
  if (const ManagedPolicy* managed = find_managed_policy(arn))
    return Found{shipped(*managed), std::string(managed->document)};
  const std::string_view name = std::string_view(arn).substr(arn.rfind('/') + 1);
  auto policy = iam.load<Policy>(row(caller.account, 'p', name));
  auto version = iam.load<PolicyVersion>(row(caller.account, 'v', name));
  if (policy && version && policy->arn == arn) return Found{std::move(*policy), version->document.value_or("")};
  return aws::fail(errors::kNoSuchEntity, fmt::format("Policy {} was not found.", arn));
}

PolicyVersion version_of(const Found& found) {
  PolicyVersion version;
  version.version_id = kVersion;
  version.is_default_version = true;
  version.create_date = found.policy.create_date;
  return version;
}

template <class Record>
bool any_is_bound_by(const std::vector<Record>& all, const std::string& policy_arn) {
  return std::any_of(all.begin(), all.end(), [&](const Record& each) {
    return each.permissions_boundary && each.permissions_boundary->permissions_boundary_arn == policy_arn;
  });
}

bool is_in_use(const Iam& iam, std::string_view account, const std::string& policy_arn) {
  for (const char room : {'a', 'A', 'b'}) {
    for (const auto& each : iam.list<AttachedPolicy>(home(account, room))) {
      if (each.policy_arn == policy_arn) return true;
    }
  }
  return any_is_bound_by(iam.list<Role>(home(account, 'r')), policy_arn) ||
         any_is_bound_by(iam.list<User>(home(account, 'u')), policy_arn);
}

}  // namespace

aws::Result<CreatePolicyResponse> create_policy(Iam& iam, const aws::Caller& caller, const CreatePolicyRequest& input) {
  TRY_VOID(check_policy_document(input.policy_document, aws::PolicyKind::kIdentity));
  const std::string key = row(caller.account, 'p', input.policy_name);
  if (iam.load<Policy>(key))
    return aws::fail(
        errors::kEntityAlreadyExists,
        fmt::format("A policy called {} already exists. Duplicate names are not allowed.", input.policy_name));
  Policy policy;
  policy.policy_name = input.policy_name;
  policy.policy_id = iam.new_id("ANPA");
  policy.path = input.path.value_or("/");
  policy.arn = arn(caller.account, "policy", *policy.path, input.policy_name);
  policy.default_version_id = kVersion;
  policy.attachment_count = 0;
  policy.permissions_boundary_usage_count = 0;
  policy.is_attachable = true;
  policy.create_date = policy.update_date = std::chrono::floor<std::chrono::seconds>(iam.clock().now());
  policy.tags = input.tags;
  PolicyVersion version;
  version.document = input.policy_document;
  kv::Batch batch;
  batch.put(key, aws::to_json(policy));
  batch.put(row(caller.account, 'v', input.policy_name), aws::to_json(version));
  iam.commit(batch);
  return CreatePolicyResponse{policy};
}

aws::Result<GetPolicyResponse> get_policy(Iam& iam, const aws::Caller& caller, const GetPolicyRequest& input) {
  return GetPolicyResponse{TRY(find(iam, caller, input.policy_arn)).policy};
}

aws::Result<GetPolicyVersionResponse> get_policy_version(Iam& iam, const aws::Caller& caller,
                                                         const GetPolicyVersionRequest& input) {
  const Found found = TRY(find(iam, caller, input.policy_arn));
  if (input.version_id != kVersion)
    return aws::fail(errors::kNoSuchEntity, fmt::format("Policy {} version {} does not exist or is not attachable.",
                                                        input.policy_arn, input.version_id));
  PolicyVersion version = version_of(found);
  version.document = percent_encode(found.document);
  return GetPolicyVersionResponse{version};
}

aws::Result<ListPolicyVersionsResponse> list_policy_versions(Iam& iam, const aws::Caller& caller,
                                                             const ListPolicyVersionsRequest& input) {
  ListPolicyVersionsResponse output;
  output.versions.emplace().push_back(version_of(TRY(find(iam, caller, input.policy_arn))));
  output.is_truncated = false;
  return output;
}

aws::Result<ListPoliciesResponse> list_policies(Iam& iam, const aws::Caller& caller, const ListPoliciesRequest& input) {
  const std::string scope = input.scope.value_or("All");
  ListPoliciesResponse output;
  std::vector<Policy> policies;
  if (scope != "AWS") policies = iam.list<Policy>(home(caller.account, 'p'));
  if (scope != "Local") {
    for (const ManagedPolicy& managed : managed_policies()) policies.push_back(shipped(managed));
  }
  output.policies = page(input, std::move(policies), output);
  return output;
}

aws::Result<void> delete_policy(Iam& iam, const aws::Caller& caller, const DeletePolicyRequest& input) {
  const Found found = TRY(find(iam, caller, input.policy_arn));
  if (is_in_use(iam, caller.account, input.policy_arn))
    return aws::fail(errors::kDeleteConflict, "Cannot delete a policy attached to entities.");
  kv::Batch batch;
  batch.erase(row(caller.account, 'p', *found.policy.policy_name));
  batch.erase(row(caller.account, 'v', *found.policy.policy_name));
  iam.commit(batch);
  return {};
}

}  // namespace leat::iam
