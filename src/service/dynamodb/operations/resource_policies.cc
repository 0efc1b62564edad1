// Policies of tables and streams.

#include <fmt/format.h>

#include "aws/arn.h"
#include "aws/dynamodb/operations.h"
#include "aws/policy/policy.h"
#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/stream/streams.h"
#include "service/dynamodb/table/key.h"

namespace leat::dynamodb {
namespace {

constexpr std::size_t kMaxPolicy = 20 << 10;  // bytes

std::string policy_row(const aws::Caller& caller, std::string_view arn) {
  return home_key(caller.account, caller.region, 'P') + kv::make_key(arn);
}

std::optional<GetResourcePolicyOutput> load(DynamoDb& db, const aws::Caller& caller, std::string_view arn) {
  const auto found = db.store().get(policy_row(caller, arn));
  if (!found.value) return std::nullopt;
  return aws::from_json<GetResourcePolicyOutput>(*found.value);
}

aws::Result<void> check_revision(const std::optional<GetResourcePolicyOutput>& current,
                                 const std::optional<std::string>& expected) {
  if (!expected) return {};
  const bool matches = *expected == "NO_POLICY" ? !current : current && current->revision_id == *expected;
  if (matches) return {};
  return aws::fail(
      errors::kPolicyNotFound,
      fmt::format("Resource-based policy not found for the provided ResourceArn with revision {}", *expected));
}

// The ARN of a table of the caller's, or of a stream of one.
aws::Result<std::string> find_bearer(DynamoDb& db, const aws::Caller& caller, std::string_view arn) {
  const auto stream = dynamodbstreams::parse_stream_arn(arn);
  if (!stream) return *TRY(db.tables().find_any(caller, arn))->description.table_arn;
  const bool own = stream->account == caller.account && stream->region == caller.region;
  if (own && db.store().get(stream_row(caller.account, caller.region, stream->table, stream->label)).value)
    return std::string(arn);
  return aws::fail(errors::kResourceNotFound, fmt::format("Requested resource not found: Stream: {} not found", arn));
}

}  // namespace

// Of a table or a stream, for the table's indexes too. Kept in memory: it is asked for by every request.
std::string DynamoDb::resource_policy(std::string_view text) {
  const std::string arn(text.substr(0, text.find("/index/")));
  return resource_policies_.get(arn, [&] {
    const auto parts = aws::parse_arn(arn);
    if (!parts) return std::string();
    aws::Caller owner;
    owner.account = parts->account;
    owner.region = parts->region;
    const auto found = load(*this, owner, arn);
    return found ? found->policy.value_or("") : std::string();
  });
}

aws::Result<PutResourcePolicyOutput> put_resource_policy(DynamoDb& db, const aws::Caller& caller,
                                                         const PutResourcePolicyInput& input) {
  if (input.policy.size() > kMaxPolicy)
    return aws::fail(errors::kValidation, "Resource-based policy size exceeds the limit of 20 KB");
  if (const auto problem = aws::policy_problem(input.policy, aws::PolicyKind::kResource))
    return aws::fail(errors::kValidation, fmt::format("Invalid policy document: {}", *problem));
  std::unique_lock lock(db.definitions());
  const std::string arn = TRY(find_bearer(db, caller, input.resource_arn));
  const auto current = load(db, caller, arn);
  TRY_VOID(check_revision(current, input.expected_revision_id));
  // The same policy again is no change.
  if (current && current->policy == input.policy) return PutResourcePolicyOutput{current->revision_id};
  const std::string revision = std::to_string(to_millis(db.clock().now()));
  kv::Batch batch;
  batch.put(policy_row(caller, arn), aws::to_json(GetResourcePolicyOutput{input.policy, revision}));
  (void)db.store().commit(batch);
  db.resource_policies().forget(arn);
  return PutResourcePolicyOutput{revision};
}

aws::Result<GetResourcePolicyOutput> get_resource_policy(DynamoDb& db, const aws::Caller& caller,
                                                         const GetResourcePolicyInput& input) {
  const std::string arn = TRY(find_bearer(db, caller, input.resource_arn));
  auto found = load(db, caller, arn);
  if (!found)
    return aws::fail(
        errors::kPolicyNotFound,
        fmt::format("Resource-based policy not found for the provided ResourceArn: {}", input.resource_arn));
  return std::move(*found);
}

aws::Result<DeleteResourcePolicyOutput> delete_resource_policy(DynamoDb& db, const aws::Caller& caller,
                                                               const DeleteResourcePolicyInput& input) {
  std::unique_lock lock(db.definitions());
  const std::string arn = TRY(find_bearer(db, caller, input.resource_arn));
  const auto current = load(db, caller, arn);
  TRY_VOID(check_revision(current, input.expected_revision_id));
  DeleteResourcePolicyOutput output;
  if (!current) return output;
  output.revision_id = current->revision_id;
  kv::Batch batch;
  batch.erase(policy_row(caller, arn));
  (void)db.store().commit(batch);
  db.resource_policies().forget(arn);
  return output;
}

}  // namespace leat::dynamodb
