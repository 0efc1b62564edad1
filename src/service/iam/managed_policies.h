#pragma once
// The managed policies that AWS ships and that functions are deployed with.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html

#include <span>
#include <string_view>

namespace leat::iam {

struct ManagedPolicy {
  std::string_view path;
  std::string_view name;
  std::string_view document;
};

std::span<const ManagedPolicy> managed_policies();

// By ARN: arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole. Null where there is none.
const ManagedPolicy* find_managed_policy(std::string_view arn);

}  // namespace leat::iam
