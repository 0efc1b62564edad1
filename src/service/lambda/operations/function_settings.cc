// Settings that stand beside a function's configuration.

#include <fmt/format.h>

#include "aws/lambda/operations.h"
#include "aws/shape_json.h"
#include "service/lambda/lambda.h"

namespace leat::lambda {
namespace {

struct Place {
  std::string row;
  std::string arn;
};

aws::Result<Place> runtime_management_of(Lambda& lambda, const aws::Caller& caller, const std::string& name,
                                         const std::optional<std::string>& qualifier) {
  const auto target = TRY(lambda.resolve(caller, name, qualifier));
  const std::string& version = target.function->version();
  return Place{qualified_row(caller.account, caller.region, 't', target.function->name(), version), target.arn};
}

void store(Lambda& lambda, const std::string& row, const std::string& json) {
  kv::Batch batch;
  batch.put(row, json);
  (void)lambda.parts().store.commit(batch);
}

}  // namespace

aws::Result<GetFunctionCodeSigningConfigResponse> get_function_code_signing_config(
    Lambda& lambda, const aws::Caller& caller, const GetFunctionCodeSigningConfigRequest& input) {
  GetFunctionCodeSigningConfigResponse output;
  output.function_name = TRY(lambda.find(caller, input.function_name))->name();
  return output;
}

// https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
aws::Result<GetFunctionRecursionConfigResponse> get_function_recursion_config(
    Lambda& lambda, const aws::Caller& caller, const GetFunctionRecursionConfigRequest& input) {
  const FunctionPtr function = TRY(lambda.find(caller, input.function_name));
  const auto stored = lambda.parts().store.get(room_prefix(caller.account, caller.region, 's', function->name()));
  GetFunctionRecursionConfigResponse output;
  output.recursive_loop = stored.value.value_or("Terminate");
  return output;
}

aws::Result<PutFunctionRecursionConfigResponse> put_function_recursion_config(
    Lambda& lambda, const aws::Caller& caller, const PutFunctionRecursionConfigRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const FunctionPtr function = TRY(lambda.find(caller, input.function_name));
  store(lambda, room_prefix(caller.account, caller.region, 's', function->name()), input.recursive_loop);
  lambda.reload(caller, function->name());
  PutFunctionRecursionConfigResponse output;
  output.recursive_loop = input.recursive_loop;
  return output;
}

aws::Result<GetRuntimeManagementConfigResponse> get_runtime_management_config(
    Lambda& lambda, const aws::Caller& caller, const GetRuntimeManagementConfigRequest& input) {
  const Place place = TRY(runtime_management_of(lambda, caller, input.function_name, input.qualifier));
  const auto stored = lambda.parts().store.get(place.row);
  GetRuntimeManagementConfigResponse output;
  output.update_runtime_on = "Auto";
  if (stored.value) output = aws::from_json<GetRuntimeManagementConfigResponse>(*stored.value);
  output.function_arn = place.arn;
  return output;
}

aws::Result<PutRuntimeManagementConfigResponse> put_runtime_management_config(
    Lambda& lambda, const aws::Caller& caller, const PutRuntimeManagementConfigRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const bool manual = input.update_runtime_on == "Manual";
  if (manual != input.runtime_version_arn.has_value()) {
    return aws::fail(errors::kInvalidParameterValue,
                     manual ? "RuntimeVersionArn is required when UpdateRuntimeOn is Manual."
                            : "RuntimeVersionArn can be set only when UpdateRuntimeOn is Manual.");
  }
  const Place place = TRY(runtime_management_of(lambda, caller, input.function_name, input.qualifier));
  PutRuntimeManagementConfigResponse output;
  output.update_runtime_on = input.update_runtime_on;
  output.runtime_version_arn = input.runtime_version_arn;
  output.function_arn = place.arn;
  store(lambda, place.row, aws::to_json(output));
  return output;
}

}  // namespace leat::lambda
