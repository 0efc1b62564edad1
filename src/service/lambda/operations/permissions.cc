// A function's resource policy: who but its account's own principals may invoke it.

#include <fmt/format.h>

#include "aws/lambda/operations.h"
#include "base/encoding.h"
#include "service/lambda/resource_policy.h"

namespace leat::lambda {
namespace {

struct Place {
  std::string row;
  std::string arn;
};

aws::Result<Place> find_place(Lambda& lambda, const aws::Caller& caller, const std::string& reference,
                              const std::optional<std::string>& given) {
  const auto target = TRY(lambda.resolve(caller, reference, given));
  return Place{qualified_row(caller.account, caller.region, 'l', target.function->name(), target.qualifier), target.arn};
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
  const Place place = TRY(find_place(lambda, caller, input.function_name, input.qualifier));
  AddPermissionResponse output;
  output.statement = fmt::format(R"({{"Sid":{},"Effect":"Allow","Principal":{},"Action":{},"Resource":{}{}}})",
                                 json_string(input.statement_id), principal_json(input.principal),
                                 json_string(input.action), json_string(place.arn), conditions_json(input));
  ResourcePolicy policy = load_policy(lambda, place.row);
  TRY_VOID(add_statement(policy, input.revision_id, input.statement_id, *output.statement));
  save_policy(lambda, place.row, policy);
  return output;
}

aws::Result<GetPolicyResponse> get_policy(Lambda& lambda, const aws::Caller& caller, const GetPolicyRequest& input) {
  const Place place = TRY(find_place(lambda, caller, input.function_name, input.qualifier));
  const ResourcePolicy policy = load_policy(lambda, place.row);
  if (policy.statements.empty()) return no_policy();
  GetPolicyResponse output;
  output.policy = policy.json();
  output.revision_id = policy.revision;
  return output;
}

aws::Result<void> remove_permission(Lambda& lambda, const aws::Caller& caller, const RemovePermissionRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const Place place = TRY(find_place(lambda, caller, input.function_name, input.qualifier));
  ResourcePolicy policy = load_policy(lambda, place.row);
  TRY_VOID(remove_statement(policy, input.revision_id, input.statement_id));
  save_policy(lambda, place.row, policy);
  return {};
}

}  // namespace leat::lambda
