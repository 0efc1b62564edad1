#include <fmt/format.h>

#include "aws/lambda/operations.h"
#include "aws/shape_json.h"
#include "service/lambda/provisioned.h"
#include "service/lambda/published.h"

namespace leat::lambda {
namespace {

constexpr std::int32_t kAccount = 1000;
constexpr std::int32_t kLeastUnreserved = 100;

// Without a Type.
std::unexpected<aws::Error> refuse(std::string message) {
  return aws::fail_with(errors::kInvalidParameterValue, std::move(message), InvalidParameterValueException{});
}

std::int32_t provisioned_in_all(Lambda& lambda, const aws::Caller& caller, const std::string& name) {
  std::int32_t out = 0;
  for (const auto& each : provisioned_of(lambda.parts().store, caller, name))
    out += *each.config.requested_provisioned_concurrent_executions;
  return out;
}

}  // namespace

aws::Result<Concurrency> put_function_concurrency(Lambda& lambda, const aws::Caller& caller,
                                                  const PutFunctionConcurrencyRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const std::string name = TRY(named_whole(caller, input.function_name));
  if (!lambda.find_or_null(caller.account, caller.region, name)) {
    return aws::fail(errors::kResourceNotFound,
                     fmt::format("Function not found: {}:{}", function_arn(caller, name), kLatest));
  }
  if (const auto kept = provisioned_in_all(lambda, caller, name); input.reserved_concurrent_executions < kept) {
    return refuse(fmt::format(
        " ReservedConcurrentExecutions  {} should not be lower than function's total provisioned concurrency [{}].",
        input.reserved_concurrent_executions, kept));
  }
  if (kAccount - reserved_in_all(lambda, caller, name) - input.reserved_concurrent_executions < kLeastUnreserved) {
    return refuse(
        fmt::format("Specified ReservedConcurrentExecutions for function decreases account's "
                    "UnreservedConcurrentExecution below its minimum value of [{}].",
                    kLeastUnreserved));
  }
  Concurrency output;
  output.reserved_concurrent_executions = input.reserved_concurrent_executions;
  kv::Batch batch;
  batch.put(room_prefix(caller.account, caller.region, 'r', name), aws::to_json(output));
  (void)lambda.parts().store.commit(batch);
  lambda.reload(caller, name);
  return output;
}

aws::Result<GetFunctionConcurrencyResponse> get_function_concurrency(Lambda& lambda, const aws::Caller& caller,
                                                                     const GetFunctionConcurrencyRequest& input) {
  const FunctionPtr function = TRY(lambda.find(caller, input.function_name));
  GetFunctionConcurrencyResponse output;
  if (function->reserved) output.reserved_concurrent_executions = static_cast<std::int32_t>(*function->reserved);
  return output;
}

aws::Result<void> delete_function_concurrency(Lambda& lambda, const aws::Caller& caller,
                                              const DeleteFunctionConcurrencyRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const std::string name = TRY(lambda.find(caller, input.function_name))->name();
  kv::Batch batch;
  batch.erase(room_prefix(caller.account, caller.region, 'r', name));
  (void)lambda.parts().store.commit(batch);
  lambda.reload(caller, name);
  return {};
}

}  // namespace leat::lambda
