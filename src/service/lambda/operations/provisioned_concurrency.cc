#include "aws/lambda/operations.h"
#include "aws/shape_json.h"
#include "service/lambda/provisioned.h"

namespace leat::lambda {
namespace {

std::unexpected<aws::Error> refuse(std::string message) {
  return aws::fail(errors::kInvalidParameterValue, std::move(message));
}

std::unexpected<aws::Error> not_found() {
  return aws::fail(errors::kProvisionedConcurrencyConfigNotFound,
                   "No Provisioned Concurrency Config found for this function");
}

// Of what counts against the account: without a Type.
std::unexpected<aws::Error> refuse_untyped(std::string message) {
  return aws::fail_with(errors::kInvalidParameterValue, std::move(message), InvalidParameterValueException{});
}

// A version or an alias.
aws::Result<Lambda::Target> find(Lambda& lambda, const aws::Caller& caller, const std::string& reference,
                                 const std::string& qualifier) {
  if (TRY(named_function(caller, reference, qualifier)).qualifier == kLatest)
    return refuse("The function resource provided must be an alias or a published version.");
  return lambda.resolve_alias(caller, reference, qualifier);
}

// What the config asks for, and what of it is there.
template <class Output>
void show(Lambda& lambda, const std::string& version_arn, const PutProvisionedConcurrencyConfigResponse& config,
          Output& out) {
  const std::int32_t requested = *config.requested_provisioned_concurrent_executions;
  const auto warm = static_cast<std::int32_t>(lambda.parts().invoker.warm(version_arn));
  out.requested_provisioned_concurrent_executions = requested;
  out.available_provisioned_concurrent_executions = std::min(requested, warm);
  out.allocated_provisioned_concurrent_executions = std::min(requested, warm);
  out.status = warm >= requested ? "READY" : "IN_PROGRESS";
  out.last_modified = config.last_modified;
}

aws::Result<void> check(Lambda& lambda, const aws::Caller& caller, const Lambda::Target& target,
                        const PutProvisionedConcurrencyConfigRequest& input) {
  const std::string& name = target.function->name();
  const std::string& version = target.function->version();
  if (version == kLatest)
    return refuse("Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
  const auto alias = lambda.alias(caller, name, input.qualifier);
  if (alias && alias->routing_config) return refuse("Alias with weights can not be used with Provisioned Concurrency");
  std::int64_t others = 0;
  for (const auto& [qualifier, config] : provisioned_of(lambda.parts().store, caller, name)) {
    if (qualifier == input.qualifier) continue;
    const auto other = lambda.alias(caller, name, qualifier);
    if ((other ? *other->function_version : qualifier) == version) {
      return aws::fail(
          errors::kResourceConflict,
          alias ? "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
                : "Version is pointed by a Provisioned Concurrency alias");
    }
    others += *config.requested_provisioned_concurrent_executions;
  }
  const auto& reserved = target.function->reserved;
  const auto all = static_cast<std::size_t>(others + input.provisioned_concurrent_executions);
  if (reserved && all > *reserved) {
    return refuse(
        "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function");
  }
  constexpr std::size_t kMost = 900;  // of an account's 1,000, what may not be kept from the others
  if (!reserved && all > kMost) {
    return refuse_untyped(
        "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [900].");
  }
  return {};
}

}  // namespace

aws::Result<PutProvisionedConcurrencyConfigResponse> put_provisioned_concurrency_config(
    Lambda& lambda, const aws::Caller& caller, const PutProvisionedConcurrencyConfigRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const auto target = TRY(lambda.resolve_alias(caller, input.function_name, input.qualifier));
  TRY_VOID(check(lambda, caller, target, input));
  const std::string& name = target.function->name();
  PutProvisionedConcurrencyConfigResponse config;
  config.requested_provisioned_concurrent_executions = input.provisioned_concurrent_executions;
  config.last_modified = last_modified(lambda.parts().clock.now());
  kv::Batch batch;
  batch.put(provisioned_row(caller, name, input.qualifier), aws::to_json(config));
  (void)lambda.parts().store.commit(batch);
  provide(lambda, caller, name);
  PutProvisionedConcurrencyConfigResponse output;
  show(lambda, target.function->arn(), config, output);
  output.status = "IN_PROGRESS";
  output.available_provisioned_concurrent_executions = output.allocated_provisioned_concurrent_executions = 0;
  return output;
}

aws::Result<GetProvisionedConcurrencyConfigResponse> get_provisioned_concurrency_config(
    Lambda& lambda, const aws::Caller& caller, const GetProvisionedConcurrencyConfigRequest& input) {
  const auto target = TRY(find(lambda, caller, input.function_name, input.qualifier));
  const auto stored = lambda.parts().store.get(provisioned_row(caller, target.function->name(), input.qualifier));
  if (!stored.value) return not_found();
  GetProvisionedConcurrencyConfigResponse output;
  show(lambda, target.function->arn(), aws::from_json<PutProvisionedConcurrencyConfigResponse>(*stored.value), output);
  return output;
}

aws::Result<void> delete_provisioned_concurrency_config(Lambda& lambda, const aws::Caller& caller,
                                                        const DeleteProvisionedConcurrencyConfigRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const auto target = TRY(find(lambda, caller, input.function_name, input.qualifier));
  const std::string& name = target.function->name();
  const std::string row = provisioned_row(caller, name, input.qualifier);
  kv::Batch batch;
  batch.erase(row);
  (void)lambda.parts().store.commit(batch);
  provide(lambda, caller, name);
  return {};
}

aws::Result<ListProvisionedConcurrencyConfigsResponse> list_provisioned_concurrency_configs(
    Lambda& lambda, const aws::Caller& caller, const ListProvisionedConcurrencyConfigsRequest& input) {
  constexpr std::int32_t kPage = 50;
  const FunctionPtr function = TRY(lambda.find(caller, input.function_name));
  ListProvisionedConcurrencyConfigsResponse output;
  auto& out = output.provisioned_concurrency_configs.emplace();
  for (const auto& [qualifier, config] : provisioned_of(lambda.parts().store, caller, function->name())) {
    if (input.marker && qualifier <= *input.marker) continue;
    if (out.size() == static_cast<std::size_t>(input.max_items.value_or(kPage))) {
      output.next_marker = parse_reference(*out.back().function_arn).qualifier;
      break;
    }
    const auto target = lambda.resolve(caller, function->name(), qualifier);
    if (!target) continue;
    auto& item = out.emplace_back();
    item.function_arn = target->arn;
    show(lambda, target->function->arn(), config, item);
  }
  return output;
}

}  // namespace leat::lambda
