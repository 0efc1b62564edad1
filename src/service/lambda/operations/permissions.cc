// A function's resource policy: who but its account's own principals may invoke it.

#include <fmt/format.h>

#include "aws/lambda/operations.h"
#include "aws/shape_json.h"
#include "base/encoding.h"
#include "service/lambda/resource_policy.h"

namespace leat::lambda {
namespace {

// What a policy is on: $LATEST, a version or an alias. Its revision is the policy's too.
struct Place {
  std::string row;
  std::string arn;
  FunctionPtr function;
  std::optional<AliasConfiguration> alias;

  const std::string& revision() const {
    return alias ? *alias->revision_id : *function->configuration.revision_id;
  }
};

aws::Result<Place> find_place(Lambda& lambda, const aws::Caller& caller, const std::string& reference,
                              const std::optional<std::string>& given) {
  const auto target = TRY(lambda.resolve_alias(caller, reference, given));
  const std::string& name = target.function->name();
  return Place{qualified_row(caller.account, caller.region, 'l', name, target.qualifier), target.arn, target.function,
               lambda.alias(caller, name, target.qualifier)};
}

ResourcePolicy load(Lambda& lambda, const Place& place) {
  ResourcePolicy out = load_policy(lambda, place.row);
  out.revision = place.revision();
  return out;
}

void save(Lambda& lambda, const aws::Caller& caller, Place& place, const ResourcePolicy& policy) {
  kv::Batch batch;
  stage_policy(batch, place.row, policy);
  if (!place.alias) return lambda.revise(caller, place.function->configuration, std::move(batch));
  place.alias->revision_id = lambda.parts().random.uuid();
  batch.put(qualified_row(caller.account, caller.region, 'a', place.function->name(), *place.alias->name),
            aws::to_json(*place.alias));
  (void)lambda.parts().store.commit(batch);
}

std::string arn_of(const aws::Caller& caller, const FunctionReference& named) {
  return named.arn(caller) + (named.qualifier.empty() ? "" : ":" + named.qualifier);
}

std::string conditions_json(const AddPermissionRequest& input) {
  std::string equals, like;
  const auto add = [](std::string& into, std::string_view key, const std::optional<std::string>& value) {
    if (value) into += fmt::format("{}\"{}\":{}", into.empty() ? "" : ",", key, json_string(*value));
  };
  add(equals, "AWS:SourceAccount", input.source_account);
  add(equals, "lambda:EventSourceToken", input.event_source_token);
  add(equals, "lambda:FunctionUrlAuthType", input.function_url_auth_type);
  add(equals, "aws:PrincipalOrgID", input.principal_org_id);
  add(like, "AWS:SourceArn", input.source_arn);
  std::string out;
  if (!equals.empty()) out += fmt::format("\"StringEquals\":{{{}}}", equals);
  if (!like.empty()) out += fmt::format("{}\"ArnLike\":{{{}}}", out.empty() ? "" : ",", like);
  return out.empty() ? out : fmt::format(",\"Condition\":{{{}}}", out);
}

}  // namespace

aws::Result<AddPermissionResponse> add_permission(Lambda& lambda, const aws::Caller& caller,
                                                  const AddPermissionRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  if (TRY(named_function(caller, input.function_name, input.qualifier)).qualifier == kLatest)
    return aws::fail(errors::kInvalidParameterValue, "We currently do not support adding policies for $LATEST.");
  Place place = TRY(find_place(lambda, caller, input.function_name, input.qualifier));
  if (!is_principal(input.principal)) {
    return aws::fail(errors::kInvalidParameterValue,
                     "The provided principal was invalid. Please check the principal and try again.");
  }
  AddPermissionResponse output;
  output.statement = fmt::format(R"({{"Sid":{},"Effect":"Allow","Principal":{},"Action":{},"Resource":{}{}}})",
                                 json_string(input.statement_id), principal_json(input.principal),
                                 json_string(input.action), json_string(place.arn), conditions_json(input));
  ResourcePolicy policy = load(lambda, place);
  TRY_VOID(add_statement(policy, input.revision_id, input.statement_id, *output.statement));
  save(lambda, caller, place, policy);
  return output;
}

aws::Result<GetPolicyResponse> get_policy(Lambda& lambda, const aws::Caller& caller, const GetPolicyRequest& input) {
  TRY_VOID(named_function(caller, input.function_name, input.qualifier));
  const auto place = find_place(lambda, caller, input.function_name, input.qualifier);
  if (!place) return no_policy();
  const ResourcePolicy policy = load(lambda, *place);
  if (policy.statements.empty()) return no_policy();
  GetPolicyResponse output;
  output.policy = policy.json();
  output.revision_id = policy.revision;
  return output;
}

aws::Result<void> remove_permission(Lambda& lambda, const aws::Caller& caller, const RemovePermissionRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const FunctionReference named = TRY(named_function(caller, input.function_name, input.qualifier));
  auto place = find_place(lambda, caller, input.function_name, input.qualifier);
  if (!place) return aws::fail(errors::kResourceNotFound, "No policy found for: " + arn_of(caller, named));
  ResourcePolicy policy = load(lambda, *place);
  if (policy.statements.empty())
    return aws::fail(errors::kResourceNotFound, "No policy is associated with the given resource.");
  TRY_VOID(remove_statement(policy, input.revision_id, input.statement_id));
  save(lambda, caller, *place, policy);
  return {};
}

}  // namespace leat::lambda
