#pragma once
// Provisioned concurrency: workers of a version that are kept ready, whether or not anybody asks.
// https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
//
//   provisioned := text("") text("") 'p' text(account) text(region) text(name) text(qualifier)
//                  PutProvisionedConcurrencyConfigResponse, JSON: Requested… and LastModified

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/lambda/lambda.h"

namespace leat::lambda {

struct Provisioned {
  std::string qualifier;  // a version or an alias
  PutProvisionedConcurrencyConfigResponse config;
};

std::string provisioned_row(const aws::Caller& caller, std::string_view name, std::string_view qualifier);
std::string provisioned_prefix(const aws::Caller& caller, std::string_view name);
std::vector<Provisioned> provisioned_of(const kv::Store& store, const aws::Caller& caller, std::string_view name);

// Keeps as many workers of each of the function's versions as its configs ask for. Under the definition mutex.
void provide(Lambda& lambda, const aws::Caller& caller, const std::string& name);

// All that was provisioned when the server went down.
void provide_all(Lambda& lambda);

}  // namespace leat::lambda
