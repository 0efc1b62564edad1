#include "integration/authorization.h"

#include <fmt/format.h>

#include "aws/arn.h"
#include "base/encoding.h"
#include "integration/requested_actions.h"

namespace leat::integration {
namespace {

using iam::Decision;

// These are everybody's, or decide by another policy than the caller's own: a role's trust.
bool needs_no_policy(const aws::Authorization& asked) {
  return asked.service.id == "sts" &&
         (asked.operation.name == "GetCallerIdentity" || asked.operation.name == "AssumeRole");
}

iam::PolicyContext::Keys circumstances(const aws::Caller& caller, TimePoint now) {
  std::string time = format_iso8601(now);
  time.erase(time.find('.'), 4);  // policies compare whole seconds
  iam::PolicyContext::Keys out{
      {"aws:currenttime", time},
      {"aws:epochtime", std::to_string(to_millis(now) / 1000)},
      {"aws:principalaccount", caller.account},
      {"aws:principalarn", caller.arn},
      {"aws:requestedregion", caller.region},
      {"aws:securetransport", caller.endpoint.starts_with("https:") ? "true" : "false"},
      {"aws:userid", caller.principal_id},
      {"iam:passedtoservice", "lambda.amazonaws.com"},  // the only one that roles are passed to
  };
  if (!caller.source_ip.empty()) out.emplace("aws:sourceip", caller.source_ip);
  if (!caller.user_agent.empty()) out.emplace("aws:useragent", caller.user_agent);
  const auto principal = iam::parse_principal(caller.arn);
  if (principal && principal->kind == iam::Principal::Kind::kUser) out.emplace("aws:username", principal->name);
  if (principal && principal->kind == iam::Principal::Kind::kRole) {
    // The session's role stands for it: arn:aws:iam::ACCOUNT:role/NAME.
    out.erase("aws:principalarn");
    out.emplace("aws:principalarn", fmt::format("arn:aws:iam::{}:role/{}", principal->account, principal->name));
  }
  return out;
}

// How a resource's policy may name the caller.
std::vector<std::string> names_of(const aws::Caller& caller, bool foreign) {
  std::vector<std::string> out{caller.arn};
  // Naming another account lets its own policies say who of it may. Within one account it adds nothing to them.
  if (foreign) {
    out.push_back(caller.account);
    out.push_back(fmt::format("arn:aws:iam::{}:root", caller.account));
  }
  const auto principal = iam::parse_principal(caller.arn);
  if (principal && principal->kind == iam::Principal::Kind::kRole)
    out.push_back(fmt::format("arn:aws:iam::{}:role/{}", principal->account, principal->name));
  return out;
}

bool is_root(std::string_view arn) { return arn.ends_with(":root"); }

bool is_foreign(const aws::Caller& caller, std::string_view resource) {
  const auto arn = aws::parse_arn(resource);
  return arn && !arn->account.empty() && arn->account != caller.account && arn->service != "iam";
}

// SQS writes actions in small letters.
std::string shown_action(const std::string& action) { return action.starts_with("sqs:") ? lower_case(action) : action; }

std::unexpected<aws::Error> denied(std::string_view arn, const iam::PolicyRequest& request, Decision decision) {
  const std::string action = shown_action(request.action);
  const std::string why = decision == Decision::kDenied
                              ? "with an explicit deny in an identity-based policy"
                              : fmt::format("because no identity-based policy allows the {} action", action);
  return aws::fail(
      aws::errors::kAccessDenied,
      fmt::format("User: {} is not authorized to perform: {} on resource: {} {}", arn, action, request.resource, why));
}

}  // namespace

iam::PolicyContext::Keys PolicyAuthorizer::context_of(const aws::Caller& caller, std::string_view resource) const {
  iam::PolicyContext::Keys out = circumstances(caller, clock_.now());
  for (const auto& [key, value] : resource_tags_(resource)) out.emplace("aws:resourcetag/" + lower_case(key), value);
  return out;
}

Decision PolicyAuthorizer::decide(const aws::Caller& caller, const iam::PolicyRequest& request) const {
  const Decision own = is_root(caller.arn) ? Decision::kAllowed : iam::decide(iam_, caller.arn, request);
  const bool foreign = is_foreign(caller, request.resource);
  const std::string policy = resource_policies_(request.resource);
  if (policy.empty()) return foreign ? Decision::kNotAllowed : own;
  const auto document = iam::PolicyDocument::parse(policy);
  const Decision theirs = document ? document->decide(request, names_of(caller, foreign)) : Decision::kNotAllowed;
  // In one account either policy is enough; another account's resource wants both.
  if (!foreign || own == Decision::kDenied || theirs == Decision::kDenied) return iam::both(own, theirs);
  return std::min(own, theirs);
}

aws::Result<void> PolicyAuthorizer::authorize(const aws::Authorization& authorization) const {
  const aws::Caller& caller = authorization.caller;
  // Root needs no policy for what is its account's own; queues and streams can be named by another account's too.
  const auto& service = authorization.service.id;
  const bool can_be_foreign = service == "sqs" || service == "dynamodbstreams" || service == "kinesis";
  if ((is_root(caller.arn) && !can_be_foreign) || needs_no_policy(authorization)) return {};
  for (const RequestedAction& each : requested_actions(authorization, tables_)) {
    const iam::PolicyContext context([&] {
      auto keys = context_of(caller, each.resource);
      add_request_tags(authorization, keys);
      if (each.conditions) each.conditions(keys);
      return keys;
    });
    const iam::PolicyRequest request{each.action, each.resource, context};
    const Decision decision = decide(caller, request);
    if (decision != Decision::kAllowed) return denied(caller.arn, request, decision);
  }
  return {};
}

// https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
bool PolicyAuthorizer::allows_url(const std::optional<aws::Caller>& caller, const std::string& function_arn,
                                  const std::string& auth_type) const {
  iam::PolicyContext::Keys keys = caller ? context_of(*caller, function_arn) : iam::PolicyContext::Keys();
  keys.emplace("lambda:functionurlauthtype", auth_type);
  const iam::PolicyRequest request{"lambda:InvokeFunctionUrl", function_arn, iam::PolicyContext(std::move(keys))};
  if (caller) return decide(*caller, request) == Decision::kAllowed;
  const auto document = iam::PolicyDocument::parse(resource_policies_(function_arn));
  return document && document->decide(request, {}) == Decision::kAllowed;
}

aws::Result<void> PolicyAuthorizer::authorize(std::string_view role_arn, const iam::PolicyRequest& request) const {
  const auto principal = iam::parse_principal(role_arn);
  if (!principal) return denied(role_arn, request, Decision::kNotAllowed);
  aws::Caller caller;
  caller.account = principal->account;
  caller.arn = role_arn;
  caller.region = aws::parse_arn(request.resource) ? aws::parse_arn(request.resource)->region : std::string_view();
  iam::PolicyRequest asked = request;
  asked.context = iam::PolicyContext([&] { return context_of(caller, request.resource); });
  const Decision decision = decide(caller, asked);
  if (decision != Decision::kAllowed) return denied(role_arn, request, decision);
  return {};
}

}  // namespace leat::integration
