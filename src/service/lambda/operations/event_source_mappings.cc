#include <fmt/format.h>

#include "aws/lambda/operations.h"
#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "service/lambda/lambda.h"

namespace leat::lambda {
namespace {

constexpr std::int32_t kDefaultBatch = 100;
constexpr std::int32_t kForever = -1;
constexpr std::int32_t kLeastAge = 60;  // seconds

std::unexpected<aws::Error> refuse(std::string message) {
  return aws::fail(errors::kInvalidParameterValue, std::move(message));
}
std::unexpected<aws::Error> not_offered(std::string_view what) {
  return aws::fail(errors::kNotOffered, fmt::format("leat does not offer {} of event source mappings yet", what));
}

// The settings that Create and Update have in common: what is given is checked and taken over.
template <class Input>
aws::Result<void> apply_settings(EventSourceMappingConfiguration& mapping, const Input& input) {
  if (input.destination_config && input.destination_config->on_failure &&
      input.destination_config->on_failure->destination)
    return not_offered("DestinationConfig");
  if (input.filter_criteria) {
    if (auto parsed = RecordFilter::parse(patterns_in(*input.filter_criteria)); !parsed) return refuse(parsed.error());
    mapping.filter_criteria = input.filter_criteria;
    if (patterns_in(*input.filter_criteria).empty()) mapping.filter_criteria.reset();
  }
  const auto take = [](auto& into, const auto& given) {
    if (given) into = given;
  };
  take(mapping.batch_size, input.batch_size);
  take(mapping.maximum_batching_window_in_seconds, input.maximum_batching_window_in_seconds);
  take(mapping.parallelization_factor, input.parallelization_factor);
  take(mapping.bisect_batch_on_function_error, input.bisect_batch_on_function_error);
  take(mapping.maximum_retry_attempts, input.maximum_retry_attempts);
  take(mapping.maximum_record_age_in_seconds, input.maximum_record_age_in_seconds);
  take(mapping.tumbling_window_in_seconds, input.tumbling_window_in_seconds);
  take(mapping.function_response_types, input.function_response_types);
  const std::int32_t age = *mapping.maximum_record_age_in_seconds;
  if (age != kForever && age < kLeastAge) {
    return refuse(fmt::format("Invalid MaximumRecordAgeInSeconds: {}. It must be -1 or between 60 and 604800", age));
  }
  return {};
}

aws::Result<EventSourceMappingConfiguration> load(Lambda& lambda, const aws::Caller& caller, const std::string& uuid) {
  const auto found = lambda.parts().store.get(mapping_row(caller.account, caller.region, uuid));
  if (!found.value) return aws::fail(errors::kResourceNotFound, "The resource you requested does not exist.");
  auto mapping = aws::from_json<EventSourceMappingConfiguration>(*found.value);
  mapping.last_processing_result = lambda.mappings().last_result(uuid);
  return mapping;
}

void save(Lambda& lambda, const aws::Caller& caller, const EventSourceMappingConfiguration& mapping,
          kv::Batch batch = {}) {
  batch.put(mapping_row(caller.account, caller.region, *mapping.uuid), aws::to_json(mapping));
  batch.put(all_mappings_prefix() + kv::make_key(*mapping.uuid), kv::make_key(caller.account, caller.region));
  (void)lambda.parts().store.commit(batch);
}

bool same_mapping(const EventSourceMappingConfiguration& left, const EventSourceMappingConfiguration& right) {
  return left.event_source_arn == right.event_source_arn && left.function_arn == right.function_arn;
}

std::vector<EventSourceMappingConfiguration> all(Lambda& lambda, const aws::Caller& caller) {
  std::vector<EventSourceMappingConfiguration> out;
  const auto cursor = lambda.parts().store.scan(kv::prefix_range(home_key(caller.account, caller.region, 'm')),
                                                kv::Direction::kForward);
  for (; cursor->valid(); cursor->next())
    out.push_back(aws::from_json<EventSourceMappingConfiguration>(cursor->value()));
  return out;
}

}  // namespace

aws::Result<EventSourceMappingConfiguration> create_event_source_mapping(Lambda& lambda, const aws::Caller& caller,
                                                                         const CreateEventSourceMappingRequest& input) {
  if (!input.event_source_arn) return refuse("Event source Arn is required.");
  RecordSource* source = lambda.source_of(*input.event_source_arn);
  if (!source) return refuse(fmt::format("Unrecognized event source: {}", *input.event_source_arn));
  if (!input.starting_position)
    return refuse(
        "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not "
        "be null.");
  if (*input.starting_position == "AT_TIMESTAMP")
    return refuse("Unsupported starting position for stream type: AT_TIMESTAMP");

  std::lock_guard lock(lambda.definition_mutex());
  const FunctionPtr function = TRY(lambda.find(caller, input.function_name));
  const auto shards = TRY(source->shards(*input.event_source_arn));
  EventSourceMappingConfiguration mapping;
  mapping.uuid = lambda.parts().random.uuid();
  mapping.event_source_mapping_arn =
      fmt::format("arn:aws:lambda:{}:{}:event-source-mapping:{}", caller.region, caller.account, *mapping.uuid);
  mapping.event_source_arn = input.event_source_arn;
  mapping.function_arn = function->arn();
  mapping.starting_position = input.starting_position;
  mapping.batch_size = kDefaultBatch;
  mapping.maximum_batching_window_in_seconds = 0;
  mapping.parallelization_factor = 1;
  mapping.bisect_batch_on_function_error = false;
  mapping.maximum_record_age_in_seconds = kForever;
  mapping.maximum_retry_attempts = kForever;
  mapping.tumbling_window_in_seconds = 0;
  mapping.destination_config.emplace().on_failure.emplace();
  mapping.function_response_types.emplace();
  TRY_VOID(apply_settings(mapping, input));
  mapping.state_transition_reason = "User action";
  mapping.last_modified = lambda.parts().clock.now();
  mapping.last_processing_result = "No records processed";
  mapping.state = input.enabled.value_or(true) ? "Enabled" : "Disabled";
  for (const auto& other : all(lambda, caller)) {
    if (!same_mapping(mapping, other)) continue;
    return aws::fail(errors::kResourceConflict,
                     fmt::format("The event source arn (\" {} \") and function (\" {} \") provided mapping already "
                                 "exists. Please update or delete the existing mapping with UUID {}",
                                 *mapping.event_source_arn, function->name(), *other.uuid));
  }
  // Where each shard starts is settled now, in the mapping's own commit.
  kv::Batch batch;
  for (const auto& shard : shards) {
    std::string position;
    kv::append_u64(position, source->start(*input.event_source_arn, shard.id, *input.starting_position));
    batch.put(checkpoint_row(caller.account, caller.region, *mapping.uuid, shard.id), position);
  }
  save(lambda, caller, mapping, std::move(batch));
  lambda.apply(caller, mapping);
  mapping.state = "Creating";
  return mapping;
}

aws::Result<EventSourceMappingConfiguration> get_event_source_mapping(Lambda& lambda, const aws::Caller& caller,
                                                                      const GetEventSourceMappingRequest& input) {
  return load(lambda, caller, input.uuid);
}

aws::Result<ListEventSourceMappingsResponse> list_event_source_mappings(Lambda& lambda, const aws::Caller& caller,
                                                                        const ListEventSourceMappingsRequest& input) {
  constexpr std::int32_t kPage = 100;
  const auto limit = static_cast<std::size_t>(input.max_items.value_or(kPage));
  ListEventSourceMappingsResponse output;
  auto& found = output.event_source_mappings.emplace();
  for (auto& mapping : all(lambda, caller)) {
    if (input.event_source_arn && mapping.event_source_arn != input.event_source_arn) continue;
    if (input.function_name && function_name_in(*mapping.function_arn) != function_name_in(*input.function_name))
      continue;
    if (input.marker && *mapping.uuid <= *input.marker) continue;
    if (found.size() == limit) {
      output.next_marker = found.back().uuid;
      break;
    }
    mapping.last_processing_result = lambda.mappings().last_result(*mapping.uuid);
    found.push_back(std::move(mapping));
  }
  return output;
}

aws::Result<EventSourceMappingConfiguration> update_event_source_mapping(Lambda& lambda, const aws::Caller& caller,
                                                                         const UpdateEventSourceMappingRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  auto mapping = TRY(load(lambda, caller, input.uuid));
  const std::string before = *mapping.state;
  if (input.function_name) mapping.function_arn = TRY(lambda.find(caller, *input.function_name))->arn();
  TRY_VOID(apply_settings(mapping, input));
  if (input.enabled) mapping.state = *input.enabled ? "Enabled" : "Disabled";
  mapping.last_modified = lambda.parts().clock.now();
  save(lambda, caller, mapping);
  lambda.apply(caller, mapping);
  mapping.state = *mapping.state == before ? "Updating" : *mapping.state == "Enabled" ? "Enabling" : "Disabling";
  return mapping;
}

aws::Result<EventSourceMappingConfiguration> delete_event_source_mapping(Lambda& lambda, const aws::Caller& caller,
                                                                         const DeleteEventSourceMappingRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  auto mapping = TRY(load(lambda, caller, input.uuid));
  lambda.mappings().stop(input.uuid);
  kv::Batch batch;
  batch.erase(mapping_row(caller.account, caller.region, input.uuid));
  batch.erase(all_mappings_prefix() + kv::make_key(input.uuid));
  batch.erase(kv::prefix_range(checkpoints_prefix(caller.account, caller.region, input.uuid)));
  (void)lambda.parts().store.commit(batch);
  mapping.state = "Deleting";
  return mapping;
}

}  // namespace leat::lambda
