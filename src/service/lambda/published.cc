#include "service/lambda/published.h"

#include <fmt/format.h>

#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "engine/kv/rows.h"

namespace leat::lambda {
namespace {

// What a version is made of, without what tells versions apart.
std::string essence_of(FunctionConfiguration configuration) {
  configuration.version.reset();
  configuration.function_arn.reset();
  configuration.revision_id.reset();
  configuration.last_modified.reset();
  if (configuration.snap_start) configuration.snap_start->optimization_status.reset();
  return aws::to_json(configuration);
}

// Also where the version was given a description of its own.
bool unchanged(const FunctionConfiguration& latest, FunctionConfiguration version) {
  if (version.last_modified == latest.last_modified) version.description = latest.description;
  return essence_of(version) == essence_of(latest);
}

}  // namespace

FunctionConfiguration stage_version(Lambda& lambda, const aws::Caller& caller, const FunctionConfiguration& latest,
                                    const std::optional<std::string>& description,
                                    std::vector<FunctionConfiguration>& rows) {
  const std::string& name = *latest.function_name;
  const auto versions = versions_of(lambda, caller, name);
  if (!versions.empty() && unchanged(latest, versions.back())) return versions.back();
  const auto counter = lambda.parts().store.get(room_prefix(caller.account, caller.region, 'n', name));
  const std::uint64_t number = counter.value ? kv::read_u64(*counter.value) + 1 : 1;
  FunctionConfiguration version = latest;
  version.version = std::to_string(number);
  version.function_arn = fmt::format("{}:{}", *latest.function_arn, number);
  version.revision_id = lambda.parts().random.uuid();
  if (description) version.description = description;
  if (version.snap_start && version.snap_start->apply_on == "PublishedVersions")
    version.snap_start->optimization_status = "On";
  rows.push_back(version);
  return version;
}

void set_pending(FunctionConfiguration& answer) {
  answer.state = "Pending";
  answer.state_reason = "The function is being created.";
  answer.state_reason_code = "Creating";
  answer.last_update_status.reset();
}

FunctionConfiguration listed(FunctionConfiguration configuration) {
  configuration.state.reset();
  configuration.last_update_status.reset();
  configuration.runtime_version_config.reset();
  return configuration;
}

std::vector<FunctionConfiguration> versions_of(Lambda& lambda, const aws::Caller& caller, std::string_view name) {
  std::vector<FunctionConfiguration> out;
  const auto cursor = lambda.parts().store.scan(kv::prefix_range(room_prefix(caller.account, caller.region, 'v', name)),
                                                kv::Direction::kForward);
  for (; cursor->valid(); cursor->next())
    kv::sound(cursor->key(), [&] { out.push_back(aws::from_json<FunctionConfiguration>(cursor->value())); });
  return out;
}

std::vector<AliasConfiguration> aliases_of(Lambda& lambda, const aws::Caller& caller, std::string_view name) {
  std::vector<AliasConfiguration> out;
  const auto cursor = lambda.parts().store.scan(kv::prefix_range(room_prefix(caller.account, caller.region, 'a', name)),
                                                kv::Direction::kForward);
  for (; cursor->valid(); cursor->next())
    kv::sound(cursor->key(), [&] { out.push_back(aws::from_json<AliasConfiguration>(cursor->value())); });
  return out;
}

aws::Result<void> check_unaliased(Lambda& lambda, const aws::Caller& caller, std::string_view name,
                                  std::string_view version) {
  for (const auto& alias : aliases_of(lambda, caller, name)) {
    const auto& routing = alias.routing_config;
    const bool weighted = routing && routing->additional_version_weights &&
                          routing->additional_version_weights->contains(std::string(version));
    if (alias.function_version == version || weighted) {
      return aws::fail(
          errors::kResourceConflict,
          fmt::format("Unable to delete version because the following aliases reference it: [{}]", *alias.name));
    }
  }
  return {};
}

std::int32_t reserved_in_all(Lambda& lambda, const aws::Caller& caller, std::string_view without) {
  std::int32_t out = 0;
  const std::string own = room_prefix(caller.account, caller.region, 'r', without);
  const auto cursor = lambda.parts().store.scan(kv::prefix_range(home_key(caller.account, caller.region, 'r')),
                                                kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    if (cursor->key() == own) continue;
    kv::sound(cursor->key(), [&] {
      out += aws::from_json<Concurrency>(cursor->value()).reserved_concurrent_executions.value_or(0);
    });
  }
  return out;
}

}  // namespace leat::lambda
