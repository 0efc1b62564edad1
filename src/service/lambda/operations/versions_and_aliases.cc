#include <fmt/format.h>

#include "aws/lambda/operations.h"
#include "aws/shape_json.h"
#include "service/lambda/provisioned.h"
#include "service/lambda/published.h"

namespace leat::lambda {
namespace {

constexpr std::int32_t kPage = 50;

aws::Result<void> check_revision(const std::optional<std::string>& given, const std::optional<std::string>& current) {
  if (!given || given == current) return {};
  return aws::fail(
      errors::kPreconditionFailed,
      "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
      "retrieve the latest Revision Id");
}

std::string alias_arn(const aws::Caller& caller, std::string_view function, std::string_view alias) {
  return fmt::format("{}:{}", function_arn(caller, function), alias);
}

aws::Result<AliasConfiguration> find_alias(Lambda& lambda, const aws::Caller& caller, const std::string& function,
                                           const std::string& name) {
  if (auto found = lambda.alias(caller, function, name)) return std::move(*found);
  return aws::fail(errors::kResourceNotFound,
                   fmt::format("Cannot find alias arn: {}", alias_arn(caller, function, name)));
}

aws::Result<void> check_version(Lambda& lambda, const aws::Caller& caller, const std::string& function,
                                const std::string& version) {
  if (lambda.find_or_null(caller.account, caller.region, function, version)) return {};
  return aws::fail(errors::kResourceNotFound,
                   fmt::format("Function not found: {}", alias_arn(caller, function, version)));
}

// The versions that an alias leads to, and their weights.
aws::Result<void> check_routing(Lambda& lambda, const aws::Caller& caller, const std::string& function,
                                const AliasConfiguration& alias) {
  TRY_VOID(check_version(lambda, caller, function, *alias.function_version));
  if (!alias.routing_config || !alias.routing_config->additional_version_weights) return {};
  const auto& weights = *alias.routing_config->additional_version_weights;
  const auto refuse = [](std::string message) { return aws::fail(errors::kInvalidParameterValue, std::move(message)); };
  if (weights.size() > 1) return refuse("Number of items in AdditionalVersionWeights cannot be greater than 1");
  for (const auto& [version, weight] : weights) {
    if (alias.function_version == kLatest || version == kLatest)
      return refuse("$LATEST is not supported for an alias pointing to more than 1 version");
    if (version == alias.function_version)
      return refuse(
          fmt::format("Invalid function version {}. Function version {} is already included in routing "
                      "configuration.",
                      version, version));
    TRY_VOID(check_version(lambda, caller, function, version));
  }
  return {};
}

void save_alias(Lambda& lambda, const aws::Caller& caller, const std::string& function, AliasConfiguration& alias) {
  alias.revision_id = lambda.parts().random.uuid();
  if (alias.routing_config &&
      (!alias.routing_config->additional_version_weights || alias.routing_config->additional_version_weights->empty()))
    alias.routing_config.reset();
  kv::Batch batch;
  batch.put(qualified_row(caller.account, caller.region, 'a', function, *alias.name), aws::to_json(alias));
  (void)lambda.parts().store.commit(batch);
}

}  // namespace

aws::Result<FunctionConfiguration> publish_version(Lambda& lambda, const aws::Caller& caller,
                                                   const PublishVersionRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const FunctionPtr function = TRY(lambda.find_latest(caller, input.function_name));
  TRY_VOID(check_revision(input.revision_id, function->configuration.revision_id));
  if (input.code_sha256 && !input.code_sha256->empty() && input.code_sha256 != function->configuration.code_sha256) {
    return aws::fail(
        errors::kInvalidParameterValue,
        fmt::format("CodeSHA256 ({}) is different from current CodeSHA256 in $LATEST ({}). Please try again "
                    "with the CodeSHA256 in $LATEST.",
                    *input.code_sha256, *function->configuration.code_sha256));
  }
  std::vector<FunctionConfiguration> rows;
  FunctionConfiguration version = stage_version(lambda, caller, function->configuration, input.description, rows);
  if (rows.empty()) return version;
  lambda.save(caller, rows);
  set_pending(version);
  return version;
}

aws::Result<ListVersionsByFunctionResponse> list_versions_by_function(Lambda& lambda, const aws::Caller& caller,
                                                                      const ListVersionsByFunctionRequest& input) {
  FunctionConfiguration latest = TRY(lambda.find(caller, input.function_name))->configuration;
  auto all = versions_of(lambda, caller, *latest.function_name);
  latest.function_arn = *latest.function_arn + ":$LATEST";
  all.insert(all.begin(), std::move(latest));
  ListVersionsByFunctionResponse output;
  auto& shown = output.versions.emplace();
  const auto limit = static_cast<std::size_t>(input.max_items.value_or(kPage));
  const std::uint64_t after = input.marker ? version_number(*input.marker).value_or(0) : 0;
  for (auto& version : all) {
    if (input.marker && version_number(*version.version).value_or(0) <= after) continue;
    if (shown.size() == limit) {
      output.next_marker = version_number(*shown.back().version) ? *shown.back().version : "0";
      break;
    }
    shown.push_back(listed(std::move(version)));
  }
  return output;
}

aws::Result<AliasConfiguration> create_alias(Lambda& lambda, const aws::Caller& caller,
                                             const CreateAliasRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const std::string function = TRY(lambda.find(caller, input.function_name))->name();
  if (lambda.alias(caller, function, input.name)) {
    return aws::fail(errors::kResourceConflict,
                     fmt::format("Alias already exists: {}", alias_arn(caller, function, input.name)));
  }
  AliasConfiguration alias;
  alias.name = input.name;
  alias.alias_arn = alias_arn(caller, function, input.name);
  alias.function_version = input.function_version;
  alias.description = input.description.value_or("");
  alias.routing_config = input.routing_config;
  TRY_VOID(check_routing(lambda, caller, function, alias));
  save_alias(lambda, caller, function, alias);
  return alias;
}

aws::Result<AliasConfiguration> get_alias(Lambda& lambda, const aws::Caller& caller, const GetAliasRequest& input) {
  const std::string function = TRY(named_whole(caller, input.function_name));
  return find_alias(lambda, caller, function, input.name);
}

aws::Result<AliasConfiguration> update_alias(Lambda& lambda, const aws::Caller& caller,
                                             const UpdateAliasRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const std::string function = TRY(lambda.find(caller, input.function_name))->name();
  AliasConfiguration alias = TRY(find_alias(lambda, caller, function, input.name));
  TRY_VOID(check_revision(input.revision_id, alias.revision_id));
  if (input.function_version) alias.function_version = input.function_version;
  if (input.description) alias.description = input.description;
  if (input.routing_config) alias.routing_config = input.routing_config;
  TRY_VOID(check_routing(lambda, caller, function, alias));
  save_alias(lambda, caller, function, alias);
  provide(lambda, caller, function);
  return alias;
}

aws::Result<void> delete_alias(Lambda& lambda, const aws::Caller& caller, const DeleteAliasRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  kv::Batch batch;
  const std::string function = TRY(named_whole(caller, input.function_name));
  batch.erase(qualified_row(caller.account, caller.region, 'a', function, input.name));
  batch.erase(provisioned_row(caller, function, input.name));
  (void)lambda.parts().store.commit(batch);
  provide(lambda, caller, function);
  return {};
}

aws::Result<ListAliasesResponse> list_aliases(Lambda& lambda, const aws::Caller& caller,
                                              const ListAliasesRequest& input) {
  const std::string function = TRY(lambda.find(caller, input.function_name))->name();
  const auto limit = static_cast<std::size_t>(input.max_items.value_or(kPage));
  ListAliasesResponse output;
  auto& shown = output.aliases.emplace();
  for (auto& alias : aliases_of(lambda, caller, function)) {
    if (input.marker && *alias.name <= *input.marker) continue;
    if (input.function_version && alias.function_version != input.function_version) continue;
    if (shown.size() == limit) {
      output.next_marker = shown.back().name;
      break;
    }
    shown.push_back(std::move(alias));
  }
  return output;
}

}  // namespace leat::lambda
