#pragma once
// IAM's policies, asked for each request: which actions it means, on which resources.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html

#include <string>

#include "aws/authorizer.h"
#include "aws/policy/judge.h"
#include "service/iam/iam.h"
#include "service/iam/principal.h"

namespace leat::authorization {

class PolicyAuthorizer final : public aws::Authorizer {
 public:
  // `services` may be filled later, before the first request.
  PolicyAuthorizer(const iam::Iam& iam, const Clock& clock, const aws::Services& services)
      : iam_(iam), clock_(clock), services_(services) {}

  aws::Result<void> authorize(const aws::Authorization& authorization) const override;

  // For a function's URL: a caller, or anybody where its policy says so.
  bool allows_url(const std::optional<aws::Caller>& caller, const std::string& function_arn,
                  const std::string& auth_type) const;

  // For what happens in a role's name without a request: whether it may, and AWS's words where not.
  aws::Result<void> authorize(std::string_view role_arn, const aws::PolicyRequest& request) const;

  // Whether the caller may assume the role, or tag its session, with these condition keys beside the usual. Where there
  // is no role nobody may.
  aws::Result<void> authorize_trust(const aws::Caller& caller, const iam::Role* role, std::string_view role_arn,
                                    std::string_view action, const aws::ConditionKeys& keys) const;

  // Whether a service may act as the role, for that resource of its own.
  bool trusts_service(const iam::Role& role, std::string_view service, std::string_view source_arn) const;

 private:
  // Who asks, and what decides for them. Null is what they have not: root has no standing, a user no session.
  struct Asker {
    const aws::Caller& caller;
    std::shared_ptr<const iam::Standing> standing;
    std::shared_ptr<const iam::Session> session;
  };

  aws::Result<void> authorize_service(const aws::Authorization& asked) const;

  // UnrecognizedClientException for a key that is inactive, or whose user or role is gone.
  aws::Result<Asker> asker_of(const aws::Caller& caller) const;
  aws::ConditionKeys context_of(const Asker& asker, std::string_view resource) const;
  aws::Verdict decide(const Asker& asker, const aws::PolicyRequest& request) const;

  const iam::Iam& iam_;
  const Clock& clock_;
  const aws::Services& services_;
  aws::ParsedPolicies parsed_policies_{aws::PolicyKind::kResource};
  aws::ParsedPolicies parsed_trusts_{aws::PolicyKind::kTrust};
};

}  // namespace leat::authorization
