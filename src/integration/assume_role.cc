// AssumeRole: what a session is made from, and who may have one.
#include <fmt/format.h>

#include <set>

#include "aws/arn.h"
#include "aws/sts/types.h"
#include "base/encoding.h"
#include "integration/roles.h"

namespace leat::integration {
namespace {

constexpr std::int32_t kHour = 3600;

constexpr aws::ErrorType kInvalidParameterValue{
    "InvalidParameterValue", "InvalidParameterValue", 400, true, nullptr, ""};

std::unexpected<aws::Error> invalid(std::string text) { return aws::fail(kInvalidParameterValue, std::move(text)); }

bool is_session(const aws::Caller& caller) { return caller.arn.starts_with("arn:aws:sts:"); }

aws::Result<void> check_arn(const std::string& text) {
  const auto arn = aws::parse_arn(text);
  const bool account = arn && arn->account.size() == 12 &&
                       arn->account.find_first_not_of("0123456789") == std::string_view::npos;
  if (account && !arn->partition.empty() && !arn->service.empty() && !arn->resource.empty()) return {};
  return aws::fail(aws::errors::kValidation, fmt::format("{} is invalid", text));
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
aws::Result<void> add_tags(const sts::AssumeRoleRequest& input, iam::Session& session) {
  const iam::Session inherited = session;
  std::set<std::string> keys;
  for (const auto& tag : input.tags.value_or(std::vector<sts::Tag>())) {
    if (lower_case(tag.key).starts_with("aws:"))
      return invalid(fmt::format("The tag key {} is reserved: keys cannot start with aws:.", tag.key));
    if (!keys.insert(lower_case(tag.key)).second)
      return invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    if (inherited.passes_on(tag.key))
      return invalid(
          "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from "
          "the calling session.");
    session.tags[tag.key] = tag.value;
  }
  for (const auto& key : input.transitive_tag_keys.value_or(std::vector<std::string>())) {
    if (!keys.contains(lower_case(key)))
      return invalid("The specified transitive tag key must be included in the requested tags.");
    session.transitive_tag_keys.push_back(key);
  }
  return {};
}

aws::Result<void> add_policies(const iam::Iam& iam, const sts::AssumeRoleRequest& input, iam::Session& session) {
  constexpr std::size_t kMostPolicies = 10;
  const auto& arns = input.policy_arns.value_or(std::vector<sts::PolicyDescriptorType>());
  if (arns.size() > kMostPolicies)
    return aws::fail(aws::errors::kValidation, "The number of policies must not exceed 10.");
  if (input.policy) {
    if (const auto problem = aws::policy_problem(*input.policy, aws::PolicyKind::kIdentity))
      return aws::fail(sts::errors::kMalformedPolicyDocument, *problem);
    session.policies.push_back(*input.policy);
  }
  for (const auto& each : arns) {
    const std::string arn = each.arn.value_or("");
    const std::string document = iam::managed_document(iam, aws::parse_arn(input.role_arn)->account, arn);
    if (document.empty()) return aws::fail(aws::errors::kValidation, fmt::format("Policy {} does not exist.", arn));
    session.policies.push_back(document);
  }
  return {};
}

// What a session that was made from another one has of it.
iam::Session inherited(const iam::Iam& iam, const aws::Caller& caller) {
  iam::Session out;
  const auto before = iam.session_of(caller.access_key).value_or(nullptr);
  if (!before) return out;
  for (const auto& [key, value] : before->tags) {
    if (before->passes_on(key)) out.tags[key] = value;
  }
  out.transitive_tag_keys = before->transitive_tag_keys;
  out.source_identity = before->source_identity;
  return out;
}

aws::ConditionKeys keys_of(const sts::AssumeRoleRequest& input, const iam::Session& session) {
  aws::ConditionKeys out{{"sts:rolesessionname", input.role_session_name}};
  if (input.external_id) out.emplace("sts:externalid", *input.external_id);
  if (!session.source_identity.empty()) out.emplace("sts:sourceidentity", session.source_identity);
  if (input.duration_seconds) out.emplace("sts:durationseconds", std::to_string(*input.duration_seconds));
  for (const auto& key : session.transitive_tag_keys) out.emplace("sts:transitivetagkeys", key);
  for (const auto& [key, value] : session.tags) {
    out.emplace("aws:requesttag/" + lower_case(key), value);
    out.emplace("aws:tagkeys", key);
  }
  return out;
}

aws::Result<void> check_duration(const aws::Caller& caller, const iam::Role& role,
                                 const sts::AssumeRoleRequest& input) {
  const std::int32_t wanted = input.duration_seconds.value_or(kHour);
  std::string limit;
  if (is_session(caller) && wanted > kHour)
    limit = "1 hour session limit for roles assumed by role chaining";
  else if (wanted > role.max_session_duration.value_or(kHour))
    limit = "MaxSessionDuration set for this role.";
  if (limit.empty()) return {};
  return aws::fail(aws::errors::kValidation, fmt::format("The requested DurationSeconds exceeds the {}", limit));
}

}  // namespace

aws::Result<aws::Credential> StsRoles::assume(const aws::Caller& caller, const sts::AssumeRoleRequest& input) {
  TRY_VOID(check_arn(input.role_arn));
  iam::Session session = inherited(iam_, caller);
  TRY_VOID(add_tags(input, session));
  TRY_VOID(add_policies(iam_, input, session));
  const bool changes_identity = input.source_identity && *input.source_identity != session.source_identity;
  const bool had_identity = !session.source_identity.empty();
  if (input.source_identity) session.source_identity = *input.source_identity;

  const auto role = find_role(iam_, input.role_arn);
  const auto keys = keys_of(input, session);
  const auto ask = [&](std::string_view action) {
    return authorizer_.authorize_trust(caller, role ? &*role : nullptr, input.role_arn, action, keys);
  };
  TRY_VOID(ask("sts:AssumeRole"));
  if (!session.tags.empty()) TRY_VOID(ask("sts:TagSession"));
  if (!session.source_identity.empty()) TRY_VOID(ask("sts:SetSourceIdentity"));
  // Once set it stays for the whole chain; and there is no second factor to show here.
  if ((changes_identity && had_identity) || input.serial_number || input.token_code)
    return aws::fail(aws::errors::kAccessDenied,
                     input.serial_number || input.token_code
                         ? "MultiFactorAuthentication failed with invalid MFA one time pass code. "
                         : "SourceIdentity can not be changed once it is set.");
  TRY_VOID(check_duration(caller, *role, input));
  return iam_.assume(*role, input.role_session_name, std::chrono::seconds(input.duration_seconds.value_or(kHour)),
                     session);
}

}  // namespace leat::integration
