#include "authorization/policy_authorizer.h"

#include <fmt/format.h>

#include "authorization/caller_conditions.h"
#include "authorization/tag_conditions.h"
#include "aws/arn.h"
#include "aws/calls.h"
#include "base/encoding.h"

namespace leat::authorization {
namespace {

using aws::Decision;
using aws::Verdict;
using Keys = aws::ConditionKeys;

// These are everybody's, or decide by another policy than the caller's own: a role's trust.
bool needs_no_policy(const aws::Operation& operation) { return operation.resource == "none"; }

// What an operation asks for beside its own resource can be another account's, whatever its own can be.
bool can_be_foreign(const aws::Authorization& asked) {
  return asked.service.model().shares_resources || asked.operation.resource.find(" & ") != std::string_view::npos;
}

bool is_root(std::string_view arn) { return arn.ends_with(":root"); }

bool is_foreign(const aws::Caller& caller, std::string_view resource) {
  const auto arn = aws::parse_arn(resource);
  return arn && !arn->account.empty() && arn->account != caller.account && arn->service != "iam";
}

// How a resource's policy may name the caller.
aws::PolicyPrincipal principal_of(const aws::Caller& caller, const iam::Standing* standing) {
  aws::PolicyPrincipal out{.account = caller.account, .arn = caller.arn};
  if (!standing) return out;
  out.id = standing->id;
  const auto principal = iam::parse_principal(caller.arn);
  if (principal && principal->kind == iam::Principal::Kind::kRole) out.role = standing->arn;
  return out;
}

std::unexpected<aws::Error> denied(std::string_view arn, const aws::PolicyRequest& request, const Verdict& verdict) {
  const std::string action = request.action.starts_with("sqs:") ? lower_case(request.action) : request.action;
  const std::string_view kind = verdict.policy.substr(verdict.policy.find(' ') + 1);  // without "a"
  const std::string why = verdict.decision == Decision::kDenied
                              ? fmt::format("with an explicit deny in {}", verdict.policy)
                              : fmt::format("because no {} allows the {} action", kind, action);
  return aws::fail(
      aws::errors::kAccessDenied,
      fmt::format("User: {} is not authorized to perform: {} on resource: {} {}", arn, action, request.resource, why));
}

Keys service_keys(std::string_view service, std::string_view source_arn) {
  const auto source = aws::parse_arn(source_arn);
  return {{"aws:sourcearn", std::string(source_arn)},
          {"aws:sourceaccount", std::string(source ? source->account : std::string_view())},
          {"aws:principalisawsservice", "true"},
          {"aws:principalservicename", std::string(service)}};
}

Decision decide_all(const std::vector<aws::PolicyDocument>& documents, const aws::PolicyRequest& request) {
  Decision out = Decision::kNotAllowed;
  for (const auto& each : documents) out = aws::both(out, each.decide(request));
  return out;
}

// What the policies of the one who asks say, not those of what is asked for.
aws::Opinions own_opinions(const iam::Standing* standing, const iam::Session* session,
                           const aws::PolicyRequest& request) {
  aws::Opinions out;
  if (!standing) {
    out.identity = Decision::kAllowed;
    return out;
  }
  out.identity = standing->decide(request);
  if (standing->boundary) out.boundary = standing->boundary->decide(request);
  if (session && !session->documents.empty()) out.session = decide_all(session->documents, request);
  return out;
}

std::unexpected<aws::Error> unknown_client() {
  return aws::fail(aws::errors::kUnrecognizedClient, "The security token included in the request is invalid.");
}

// A namesake that was made later is somebody else. What acts by an ARN alone is whoever has it now.
bool is_still(const aws::Caller& caller, const iam::Standing& standing) {
  if (standing.id.empty()) return false;
  if (caller.principal_id.empty()) return standing.arn == caller.arn;
  return std::string_view(caller.principal_id).substr(0, caller.principal_id.find(':')) == standing.id;
}

}  // namespace

aws::Result<PolicyAuthorizer::Asker> PolicyAuthorizer::asker_of(const aws::Caller& caller) const {
  if (is_root(caller.arn)) return Asker{caller, nullptr, nullptr};
  auto session = iam_.session_of(caller.access_key);
  auto standing = iam::standing(iam_, caller.arn);
  if (!session || !is_still(caller, *standing)) return unknown_client();
  return Asker{caller, std::move(standing), std::move(*session)};
}

Keys PolicyAuthorizer::context_of(const Asker& asker, std::string_view resource) const {
  Keys out = circumstances(asker.caller, clock_.now());
  if (asker.standing) {
    add_identity(asker.caller, *asker.standing, asker.session.get(), out);
  } else {
    out.emplace("aws:principalarn", asker.caller.arn);
    out.emplace("aws:principaltype", "Account");
  }
  const auto arn = aws::parse_arn(resource);
  out.emplace("aws:resourceaccount", arn && !arn->account.empty() ? std::string(arn->account) : asker.caller.account);
  for (const auto& [key, value] : services_.resource_tags(resource)) out.emplace("aws:resourcetag/" + lower_case(key), value);
  return out;
}

Verdict PolicyAuthorizer::decide(const Asker& asker, const aws::PolicyRequest& request) const {
  aws::Opinions say = own_opinions(asker.standing.get(), asker.session.get(), request);
  const std::string policy = services_.resource_policy(request.resource);
  if (!policy.empty())
    say.resource = parsed_policies_.get(policy)->decide(request, principal_of(asker.caller, asker.standing.get()));
  return judge(say, is_foreign(asker.caller, request.resource) ? aws::Ground::kForeign : aws::Ground::kOwn);
}

// Only the policies of what is asked for know services.
aws::Result<void> PolicyAuthorizer::authorize_service(const aws::Authorization& asked) const {
  const aws::Caller& caller = asked.caller;
  for (const aws::RequestedAction& each : asked.service.requested_actions(asked)) {
    const aws::PolicyContext context([&] {
      Keys keys = service_keys(caller.service, caller.source_arn);
      keys.emplace("aws:currenttime", format_iso8601(clock_.now()));
      if (each.conditions) each.conditions(keys);
      return keys;
    });
    const aws::PolicyRequest request{each.action, each.resource, context};
    const std::string policy = services_.resource_policy(each.resource);
    const auto decision = policy.empty() ? Decision::kNotAllowed
                                         : parsed_policies_.get(policy)->decide(request, {.service = caller.service}).decision;
    if (decision != Decision::kAllowed) return denied(caller.service, request, {decision, "a resource-based policy"});
  }
  return {};
}

aws::Result<void> PolicyAuthorizer::authorize(const aws::Authorization& authorization) const {
  const aws::Caller& caller = authorization.caller;
  if (!caller.service.empty()) return authorize_service(authorization);
  // Root needs no policy for what is its account's own.
  if (is_root(caller.arn) && !can_be_foreign(authorization)) return {};
  const Asker asker = TRY(asker_of(caller));
  if (needs_no_policy(authorization.operation)) return {};
  for (const aws::RequestedAction& each : authorization.service.requested_actions(authorization)) {
    const aws::PolicyContext context([&] {
      auto keys = context_of(asker, each.resource);
      add_request_tags(authorization, keys);
      if (each.conditions) each.conditions(keys);
      return keys;
    });
    const aws::PolicyRequest request{each.action, each.resource, context};
    const Verdict verdict = decide(asker, request);
    if (verdict.decision != Decision::kAllowed) return denied(caller.arn, request, verdict);
  }
  return {};
}

// https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
bool PolicyAuthorizer::allows_url(const std::optional<aws::Caller>& caller, const std::string& function_arn,
                                  const std::string& auth_type) const {
  const auto asker = caller ? std::optional(asker_of(*caller)) : std::nullopt;
  if (asker && !*asker) return false;
  Keys keys = asker ? context_of(**asker, function_arn) : Keys();
  keys.emplace("lambda:functionurlauthtype", auth_type);
  const aws::PolicyRequest request{"lambda:InvokeFunctionUrl", function_arn, aws::PolicyContext(std::move(keys))};
  if (asker) return decide(**asker, request).decision == Decision::kAllowed;
  const std::string policy = services_.resource_policy(function_arn);
  return !policy.empty() && parsed_policies_.get(policy)->decide(request, {}).decision == Decision::kAllowed;
}

aws::Result<void> PolicyAuthorizer::authorize(std::string_view role_arn, const aws::PolicyRequest& request) const {
  const auto resource = aws::parse_arn(request.resource);
  const aws::Caller caller = aws::role_caller(role_arn, resource ? resource->region : std::string_view());
  const auto asker = asker_of(caller);
  if (!asker) return denied(role_arn, request, {Decision::kNotAllowed, "an identity-based policy"});
  aws::PolicyRequest asked = request;
  asked.context = aws::PolicyContext([&] { return context_of(*asker, request.resource); });
  const Verdict verdict = decide(*asker, asked);
  if (verdict.decision != Decision::kAllowed) return denied(role_arn, request, verdict);
  return {};
}

aws::Result<void> PolicyAuthorizer::authorize_trust(const aws::Caller& caller, const iam::Role* role,
                                                    std::string_view role_arn, std::string_view action,
                                                    const Keys& keys) const {
  const auto refused = aws::fail(
      aws::errors::kAccessDenied,
      fmt::format("User: {} is not authorized to perform: {} on resource: {}", caller.arn, action, role_arn));
  if (!role) return refused;
  const Asker asker = TRY(asker_of(caller));
  const aws::PolicyContext context([&] {
    Keys out = context_of(asker, role_arn);
    out.insert(keys.begin(), keys.end());
    for (const auto& tag : role->tags.value_or(std::vector<iam::Tag>()))
      out.emplace("aws:resourcetag/" + lower_case(tag.key), tag.value);
    return out;
  });
  const aws::PolicyRequest request{std::string(action), std::string(role_arn), context};
  aws::Opinions say = own_opinions(asker.standing.get(), asker.session.get(), request);
  const auto trust = parsed_trusts_.get(role->assume_role_policy_document.value_or(""));
  say.resource = trust->decide(request, principal_of(caller, asker.standing.get()));
  const bool foreign = aws::parse_arn(role_arn)->account != caller.account;
  const Verdict verdict = judge(say, foreign ? aws::Ground::kForeign : aws::Ground::kTrust);
  if (verdict.decision != Decision::kAllowed) return refused;
  return {};
}

bool PolicyAuthorizer::trusts_service(const iam::Role& role, std::string_view service,
                                      std::string_view source_arn) const {
  const aws::PolicyRequest request{"sts:AssumeRole", role.arn, aws::PolicyContext(service_keys(service, source_arn))};
  const auto trust = parsed_trusts_.get(role.assume_role_policy_document.value_or(""));
  return trust->decide(request, {.service = std::string(service)}).decision == Decision::kAllowed;
}

}  // namespace leat::authorization
