#include <fmt/format.h>

#include "aws/lambda/operations.h"
#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "engine/kv/rows.h"
#include "service/lambda/function_checks.h"
#include "service/lambda/lambda.h"
#include "service/lambda/mapping_settings.h"

namespace leat::lambda {
namespace {

std::unexpected<aws::Error> refuse(std::string message) {
  return aws::fail(errors::kInvalidParameterValue, std::move(message));
}
// The source of a mapping: one of the two.
struct Source {
  RecordSource* stream = nullptr;
  QueueSource* queue = nullptr;
  std::optional<QueueSource::Facts> facts = {};  // of the queue

  const QueueSource::Facts* queue_facts() const { return facts ? &*facts : nullptr; }
};

aws::Result<Source> find_source(Lambda& lambda, const std::string& arn, const FunctionPtr& function) {
  Source out{lambda.stream_of(arn), lambda.queue_of(arn)};
  if (!out.stream && !out.queue) return refuse(fmt::format("Unrecognized event source: {}", arn));
  const auto missing = out.stream ? missing_right(lambda.parts().roles, *out.stream, *function->configuration.role, arn)
                                  : missing_right(lambda.parts().roles, *out.queue, *function->configuration.role, arn);
  if (!missing.empty()) return refuse(missing);
  if (!out.queue) return out;
  out.facts = TRY(out.queue->find(arn));
  const std::int32_t visibility = static_cast<std::int32_t>(out.facts->visibility_timeout / std::chrono::seconds(1));
  const std::int32_t timeout = *function->configuration.timeout;
  if (visibility < timeout) {
    return refuse(fmt::format("Queue visibility timeout: {} seconds is less than Function timeout: {} seconds",
                              visibility, timeout));
  }
  return out;
}

// Where each of a stream's shards starts is settled in the mapping's own commit.
aws::Result<kv::Batch> first_checkpoints(const aws::Caller& caller, const EventSourceMappingConfiguration& mapping,
                                         RecordSource& stream) {
  const RecordSource::Start start{*mapping.starting_position,
                                  mapping.starting_position_timestamp.value_or(TimePoint())};
  kv::Batch batch;
  for (const auto& shard : TRY(stream.shards(*mapping.event_source_arn))) {
    std::string position;
    kv::append_u64(position, stream.start(*mapping.event_source_arn, shard, start));
    batch.put(checkpoint_row(caller.account, caller.region, *mapping.uuid, shard.name()), position);
  }
  return batch;
}

aws::Result<EventSourceMappingConfiguration> load(Lambda& lambda, const aws::Caller& caller, const std::string& uuid) {
  const auto found = lambda.parts().store.get(mapping_row(caller.account, caller.region, uuid));
  if (!found.value) return aws::fail(errors::kResourceNotFound, "The resource you requested does not exist.");
  auto mapping = aws::from_json<EventSourceMappingConfiguration>(*found.value);
  if (mapping.last_processing_result) mapping.last_processing_result = lambda.mappings().last_result(uuid);
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
    kv::sound(cursor->key(),
              [&] { out.push_back(aws::from_json<EventSourceMappingConfiguration>(cursor->value())); });
  return out;
}

aws::Result<Lambda::Target> find_function(Lambda& lambda, const aws::Caller& caller, const std::string& reference) {
  TRY_VOID(named_function(caller, reference, std::nullopt));
  auto target = lambda.resolve(caller, reference, std::nullopt);
  if (!target) return refuse("Function does not exist");
  return std::move(*target);
}

std::unexpected<aws::Error> already_exists(const EventSourceMappingConfiguration& mapping, const std::string& function,
                                           bool of_queue) {
  constexpr std::string_view kThen = "Please update or delete the existing mapping with UUID";
  const std::string& arn = *mapping.event_source_arn;
  return aws::fail(
      errors::kResourceConflict,
      of_queue ? fmt::format("An event source mapping with SQS arn (\" {} \") and function (\" {} \") already exists. {} {}",
                             arn, function, kThen, *mapping.uuid)
               : fmt::format("The event source arn (\" {} \") and function (\" {} \") provided mapping already exists. {} {}",
                             arn, function, kThen, *mapping.uuid));
}

std::string mapping_tags_row(const aws::Caller& caller, const std::string& uuid) {
  return tags_row(caller.account, caller.region, "event-source-mapping:" + uuid);
}

// The function's role sends to the destination of what it failed at.
aws::Result<void> check_may_send(Lambda& lambda, const EventSourceMappingConfiguration& mapping) {
  if (!mapping.destination_config || !mapping.destination_config->on_failure) return {};
  const std::string destination = mapping.destination_config->on_failure->destination.value_or("");
  const FunctionPtr function = lambda.resolve_or_null(*mapping.function_arn);
  if (destination.empty() || !function ||
      lambda.parts().roles.allows(*function->configuration.role, "sqs:SendMessage", destination))
    return {};
  return refuse("The provided execution role does not have permissions to call SendMessage on SQS");
}

}  // namespace

aws::Result<EventSourceMappingConfiguration> create_event_source_mapping(Lambda& lambda, const aws::Caller& caller,
                                                                         const CreateEventSourceMappingRequest& input) {
  if (!input.event_source_arn) return refuse("Unrecognized event source.");
  std::lock_guard lock(lambda.definition_mutex());
  const auto [function, function_arn, qualifier] = TRY(find_function(lambda, caller, input.function_name));
  const Source source = TRY(find_source(lambda, *input.event_source_arn, function));
  if (source.stream && !input.starting_position)
    return refuse(
        "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not "
        "be null.");
  if (source.stream && *input.starting_position == "AT_TIMESTAMP") {
    if (!source.stream->starts_at_timestamps())
      return refuse(fmt::format("Unsupported starting position for arn type: {}", *input.event_source_arn));
    if (!input.starting_position_timestamp)
      return refuse("StartingPositionTimestamp is required when StartingPosition is AT_TIMESTAMP.");
  }
  EventSourceMappingConfiguration mapping;
  mapping.uuid = lambda.parts().random.uuid();
  mapping.event_source_mapping_arn =
      fmt::format("arn:aws:lambda:{}:{}:event-source-mapping:{}", caller.region, caller.account, *mapping.uuid);
  mapping.event_source_arn = input.event_source_arn;
  mapping.function_arn = function_arn;
  if (source.stream) mapping.starting_position = input.starting_position;
  if (mapping.starting_position == "AT_TIMESTAMP")
    mapping.starting_position_timestamp = input.starting_position_timestamp;
  set_defaults(mapping, source.queue_facts());
  TRY_VOID(apply_settings(mapping, input, source.queue_facts(), lambda.parts().destinations));
  TRY_VOID(check_may_send(lambda, mapping));
  mapping.last_modified = lambda.parts().clock.now();
  mapping.state = input.enabled.value_or(true) ? "Enabled" : "Disabled";
  for (const auto& other : all(lambda, caller)) {
    if (!same_mapping(mapping, other)) continue;
    return already_exists(other, function->name(), source.queue);
  }
  kv::Batch batch;
  if (source.stream) batch = TRY(first_checkpoints(caller, mapping, *source.stream));
  if (input.tags) {
    TRY_VOID(check_tags(*input.tags));
    ListTagsResponse tags;
    tags.tags = input.tags;
    batch.put(mapping_tags_row(caller, *mapping.uuid), aws::to_json(tags));
  }
  save(lambda, caller, mapping, std::move(batch));
  lambda.apply(caller, mapping);
  if (!source.queue || mapping.state == "Enabled") mapping.state = "Creating";
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
    if (mapping.last_processing_result) mapping.last_processing_result = lambda.mappings().last_result(*mapping.uuid);
    found.push_back(std::move(mapping));
  }
  return output;
}

aws::Result<EventSourceMappingConfiguration> update_event_source_mapping(Lambda& lambda, const aws::Caller& caller,
                                                                         const UpdateEventSourceMappingRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  auto mapping = TRY(load(lambda, caller, input.uuid));
  const std::string before = *mapping.state;
  if (input.function_name) mapping.function_arn = TRY(find_function(lambda, caller, *input.function_name)).arn;
  const FunctionPtr function = TRY(lambda.resolve(caller, *mapping.function_arn, std::nullopt)).function;
  const Source source = TRY(find_source(lambda, *mapping.event_source_arn, function));
  TRY_VOID(apply_settings(mapping, input, source.queue_facts(), lambda.parts().destinations));
  TRY_VOID(check_may_send(lambda, mapping));
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
  batch.erase(mapping_tags_row(caller, input.uuid));
  batch.erase(kv::prefix_range(checkpoints_prefix(caller.account, caller.region, input.uuid)));
  (void)lambda.parts().store.commit(batch);
  mapping.state = "Deleting";
  return mapping;
}

}  // namespace leat::lambda
