#pragma once
// IAM's policies, asked for each request: which actions it means, on which resources.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html

#include <functional>
#include <string>
#include <vector>

#include "aws/authorizer.h"
#include "integration/tag_conditions.h"
#include "service/dynamodb/table/table.h"
#include "service/iam/iam.h"
#include "service/iam/principal.h"

namespace leat::integration {

// Policies that resources carry themselves, by their ARN; an empty text where there is none.
using ResourcePolicies = std::function<std::string(std::string_view arn)>;

class PolicyAuthorizer final : public aws::Authorizer {
 public:
  PolicyAuthorizer(const iam::Iam& iam, const Clock& clock, dynamodb::Tables& tables, ResourcePolicies policies,
                   ResourceTags tags)
      : iam_(iam),
        clock_(clock),
        tables_(tables),
        resource_policies_(std::move(policies)),
        resource_tags_(std::move(tags)) {}

  aws::Result<void> authorize(const aws::Authorization& authorization) const override;

  // For a function's URL: a caller, or anybody where its policy says so.
  bool allows_url(const std::optional<aws::Caller>& caller, const std::string& function_arn,
                  const std::string& auth_type) const;

  // For what happens in a role's name without a request: whether it may, and AWS's words where not.
  aws::Result<void> authorize(std::string_view role_arn, const iam::PolicyRequest& request) const;

 private:
  iam::PolicyContext::Keys context_of(const aws::Caller& caller, std::string_view resource) const;
  iam::Decision decide(const aws::Caller& caller, const iam::PolicyRequest& request) const;

  const iam::Iam& iam_;
  const Clock& clock_;
  dynamodb::Tables& tables_;
  ResourcePolicies resource_policies_;
  ResourceTags resource_tags_;
};

}  // namespace leat::integration
