#include "service/lambda/mapping_settings.h"

#include <fmt/format.h>

namespace leat::lambda {
namespace {

constexpr std::int32_t kStreamBatch = 100;
constexpr std::int32_t kQueueBatch = 10;
constexpr std::int32_t kForever = -1;
constexpr std::int32_t kLeastAge = 60;  // seconds

std::unexpected<aws::Error> refuse(std::string message) {
  return aws::fail(errors::kInvalidParameterValue, std::move(message));
}

std::unexpected<aws::Error> unsupported(std::string_view parameter) {
  return refuse(fmt::format("Unsupported {} parameter for given event source mapping type.", parameter));
}

std::vector<std::string> patterns_in(const FilterCriteria& criteria) {
  std::vector<std::string> out;
  for (const Filter& each : criteria.filters.value_or(std::vector<Filter>()))
    out.push_back(each.pattern.value_or("{}"));
  return out;
}

template <class T>
void take(std::optional<T>& into, const std::optional<T>& given) {
  if (given) into = given;
}

template <class Input>
aws::Result<void> apply_common(EventSourceMappingConfiguration& mapping, const Input& input) {
  if (input.filter_criteria) {
    const auto patterns = patterns_in(*input.filter_criteria);
    if (auto parsed = RecordFilter::parse(patterns); !parsed) return refuse(parsed.error());
    mapping.filter_criteria = input.filter_criteria;
    if (patterns.empty()) mapping.filter_criteria.reset();
  }
  take(mapping.batch_size, input.batch_size);
  take(mapping.maximum_batching_window_in_seconds, input.maximum_batching_window_in_seconds);
  take(mapping.function_response_types, input.function_response_types);
  return {};
}

template <class Input>
aws::Result<void> apply_stream(EventSourceMappingConfiguration& mapping, const Input& input,
                               Destinations& destinations) {
  take(mapping.parallelization_factor, input.parallelization_factor);
  take(mapping.bisect_batch_on_function_error, input.bisect_batch_on_function_error);
  take(mapping.maximum_retry_attempts, input.maximum_retry_attempts);
  take(mapping.maximum_record_age_in_seconds, input.maximum_record_age_in_seconds);
  take(mapping.tumbling_window_in_seconds, input.tumbling_window_in_seconds);
  if (input.destination_config && input.destination_config->on_success) return unsupported("DestinationConfig");
  if (input.destination_config && input.destination_config->on_failure) {
    const auto& destination = input.destination_config->on_failure->destination;
    if (destination && !destination->empty()) TRY_VOID(destinations.check(*destination));
    mapping.destination_config.emplace().on_failure.emplace();
    if (destination && !destination->empty()) mapping.destination_config->on_failure->destination = destination;
  }
  const std::int32_t age = *mapping.maximum_record_age_in_seconds;
  if (age != kForever && age < kLeastAge)
    return refuse(fmt::format("Invalid MaximumRecordAgeInSeconds: {}. It must be -1 or between 60 and 604800", age));
  return {};
}

template <class Input>
aws::Result<void> apply_queue(EventSourceMappingConfiguration& mapping, const Input& input,
                              const QueueSource::Facts& queue) {
  const std::pair<bool, std::string_view> of_streams[] = {
      {input.parallelization_factor.has_value(), "ParallelizationFactor"},
      {input.bisect_batch_on_function_error.has_value(), "BisectBatchOnFunctionError"},
      {input.maximum_retry_attempts.has_value(), "MaximumRetryAttempts"},
      {input.maximum_record_age_in_seconds.has_value(), "MaximumRecordAgeInSeconds"},
      {input.tumbling_window_in_seconds.has_value(), "TumblingWindowInSeconds"},
      {input.destination_config.has_value(), "DestinationConfig"}};
  for (const auto& [given, name] : of_streams) {
    if (given) return unsupported(name);
  }
  if (input.scaling_config) {
    mapping.scaling_config = input.scaling_config;
    if (!input.scaling_config->maximum_concurrency) mapping.scaling_config.reset();
  }
  const std::int32_t size = *mapping.batch_size, window = *mapping.maximum_batching_window_in_seconds;
  if (queue.fifo && size > kQueueBatch)
    return refuse(fmt::format("BatchSize {} is invalid: the maximum for a FIFO queue is 10.", size));
  if (queue.fifo && window > 0) return refuse("Batching window is not supported for FIFO queues");
  if (size > kQueueBatch && window == 0)
    return refuse("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10");
  return {};
}

template <class Input>
aws::Result<void> apply(EventSourceMappingConfiguration& mapping, const Input& input, const QueueSource::Facts* queue,
                        Destinations& destinations) {
  TRY_VOID(apply_common(mapping, input));
  return queue ? apply_queue(mapping, input, *queue) : apply_stream(mapping, input, destinations);
}

}  // namespace

void set_defaults(EventSourceMappingConfiguration& mapping, const QueueSource::Facts* queue) {
  mapping.batch_size = queue ? kQueueBatch : kStreamBatch;
  mapping.maximum_batching_window_in_seconds = 0;
  mapping.function_response_types.emplace();
  mapping.state_transition_reason = queue ? "USER_INITIATED" : "User action";
  if (queue) return;
  mapping.parallelization_factor = 1;
  mapping.bisect_batch_on_function_error = false;
  mapping.maximum_record_age_in_seconds = kForever;
  mapping.maximum_retry_attempts = kForever;
  mapping.tumbling_window_in_seconds = 0;
  mapping.destination_config.emplace().on_failure.emplace();
  mapping.last_processing_result = "No records processed";
}

aws::Result<void> apply_settings(EventSourceMappingConfiguration& mapping, const CreateEventSourceMappingRequest& input,
                                 const QueueSource::Facts* queue, Destinations& destinations) {
  return apply(mapping, input, queue, destinations);
}
aws::Result<void> apply_settings(EventSourceMappingConfiguration& mapping, const UpdateEventSourceMappingRequest& input,
                                 const QueueSource::Facts* queue, Destinations& destinations) {
  return apply(mapping, input, queue, destinations);
}

MappingSettings settings_of(const aws::Caller& caller, const EventSourceMappingConfiguration& mapping) {
  const auto seconds = [](const std::optional<std::int32_t>& given, std::int32_t otherwise) {
    return Duration(std::chrono::seconds(given.value_or(otherwise)));
  };
  MappingSettings out{{caller.account, caller.region, *mapping.uuid},
                      *mapping.event_source_arn,
                      *mapping.function_arn,
                      static_cast<std::size_t>(*mapping.batch_size)};
  out.parallelization_factor = static_cast<std::size_t>(mapping.parallelization_factor.value_or(1));
  out.batching_window = seconds(mapping.maximum_batching_window_in_seconds, 0);
  out.tumbling_window = seconds(mapping.tumbling_window_in_seconds, 0);
  out.maximum_record_age = seconds(mapping.maximum_record_age_in_seconds, kForever);
  out.maximum_retry_attempts = mapping.maximum_retry_attempts.value_or(kForever);
  out.bisect_batch = mapping.bisect_batch_on_function_error.value_or(false);
  out.reports_failures = mapping.function_response_types && !mapping.function_response_types->empty();
  if (mapping.scaling_config)
    out.maximum_concurrency = static_cast<std::size_t>(mapping.scaling_config->maximum_concurrency.value_or(0));
  if (mapping.destination_config && mapping.destination_config->on_failure)
    out.on_failure = mapping.destination_config->on_failure->destination.value_or("");
  // They were parsed when the mapping was made.
  if (mapping.filter_criteria) out.filters = RecordFilter::parse(patterns_in(*mapping.filter_criteria)).value();
  return out;
}

}  // namespace leat::lambda
