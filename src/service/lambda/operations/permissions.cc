// A function's resource policy: who but its account's own principals may invoke it.

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "aws/lambda/operations.h"
#include "base/encoding.h"
#include "engine/kv/key.h"
#include "service/lambda/lambda.h"

namespace leat::lambda {
namespace {

struct Policy {
  std::string revision;
  std::vector<std::pair<std::string, std::string>> statements;  // sid, JSON
};

struct Place {
  std::string row;
  std::string arn;
};

aws::Result<Place> find_place(Lambda& lambda, const aws::Caller& caller, const std::string& reference,
                              const std::optional<std::string>& given) {
  const auto target = TRY(lambda.resolve(caller, reference, given));
  const std::string qualifier = given.value_or(parse_reference(reference).qualifier);
  return Place{qualified_row(caller.account, caller.region, 'l', target.function->name(), qualifier), target.arn};
}

Policy load(Lambda& lambda, const Place& place) {
  Policy out;
  const auto row = lambda.parts().store.get(place.row);
  if (!row.value) return out;
  std::string_view rest = *row.value;
  out.revision = kv::take_text(rest);
  while (!rest.empty()) {
    std::string sid = kv::take_text(rest);
    out.statements.emplace_back(std::move(sid), kv::take_text(rest));
  }
  return out;
}

void save(Lambda& lambda, const Place& place, const Policy& policy) {
  kv::Batch batch;
  std::string value = kv::make_key(lambda.parts().random.uuid());
  for (const auto& [sid, statement] : policy.statements) value += kv::make_key(sid, statement);
  if (policy.statements.empty())
    batch.erase(place.row);
  else
    batch.put(place.row, value);
  (void)lambda.parts().store.commit(batch);
}

aws::Result<void> check_revision(const std::optional<std::string>& given, const Policy& policy) {
  if (!given || *given == policy.revision) return {};
  return aws::fail(errors::kPreconditionFailed,
                   "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve "
                   "the latest Revision Id");
}

// A service, an account, an ARN, or everybody.
std::string principal_json(const std::string& principal) {
  if (principal == "*") return "\"*\"";
  const bool account = principal.size() == 12 &&
                       std::all_of(principal.begin(), principal.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (account) return fmt::format("{{\"AWS\":\"arn:aws:iam::{}:root\"}}", principal);
  return fmt::format("{{\"{}\":{}}}", principal.starts_with("arn:") ? "AWS" : "Service", json_string(principal));
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

std::unexpected<aws::Error> no_policy() {
  return aws::fail(errors::kResourceNotFound, "The resource you requested does not exist.");
}

}  // namespace

aws::Result<AddPermissionResponse> add_permission(Lambda& lambda, const aws::Caller& caller,
                                                  const AddPermissionRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const Place place = TRY(find_place(lambda, caller, input.function_name, input.qualifier));
  Policy policy = load(lambda, place);
  TRY_VOID(check_revision(input.revision_id, policy));
  for (const auto& [sid, statement] : policy.statements) {
    if (sid == input.statement_id) {
      return aws::fail(
          errors::kResourceConflict,
          fmt::format("The statement id ({}) provided already exists. Please provide a new statement id, or "
                      "remove the existing statement.",
                      sid));
    }
  }
  AddPermissionResponse output;
  output.statement = fmt::format(R"({{"Sid":{},"Effect":"Allow","Principal":{},"Action":{},"Resource":{}{}}})",
                                 json_string(input.statement_id), principal_json(input.principal),
                                 json_string(input.action), json_string(place.arn), conditions_json(input));
  policy.statements.emplace_back(input.statement_id, *output.statement);
  save(lambda, place, policy);
  return output;
}

aws::Result<GetPolicyResponse> get_policy(Lambda& lambda, const aws::Caller& caller, const GetPolicyRequest& input) {
  const Place place = TRY(find_place(lambda, caller, input.function_name, input.qualifier));
  const Policy policy = load(lambda, place);
  if (policy.statements.empty()) return no_policy();
  GetPolicyResponse output;
  std::string statements;
  for (const auto& [sid, statement] : policy.statements) statements += (statements.empty() ? "" : ",") + statement;
  output.policy = fmt::format(R"({{"Version":"2012-10-17","Id":"default","Statement":[{}]}})", statements);
  output.revision_id = policy.revision;
  return output;
}

aws::Result<void> remove_permission(Lambda& lambda, const aws::Caller& caller, const RemovePermissionRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const Place place = TRY(find_place(lambda, caller, input.function_name, input.qualifier));
  Policy policy = load(lambda, place);
  if (policy.statements.empty()) return no_policy();
  TRY_VOID(check_revision(input.revision_id, policy));
  if (std::erase_if(policy.statements, [&](const auto& each) { return each.first == input.statement_id; }) == 0)
    return aws::fail(errors::kResourceNotFound,
                     fmt::format("Statement {} is not found in resource policy.", input.statement_id));
  save(lambda, place, policy);
  return {};
}

}  // namespace leat::lambda
