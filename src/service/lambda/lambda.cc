#include "service/lambda/lambda.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "aws/shape_json.h"
#include "base/encoding.h"
#include "engine/kv/key.h"

namespace leat::lambda {
namespace {

constexpr std::int32_t kDefaultBatch = 100;

MappingSettings settings_of(const aws::Caller& caller, const EventSourceMappingConfiguration& mapping) {
  const auto seconds = [](const std::optional<std::int32_t>& given, std::int32_t otherwise) {
    return Duration(std::chrono::seconds(given.value_or(otherwise)));
  };
  MappingSettings out{{caller.account, caller.region, *mapping.uuid},
                      *mapping.event_source_arn,
                      function_name_in(*mapping.function_arn),
                      static_cast<std::size_t>(mapping.batch_size.value_or(kDefaultBatch))};
  out.parallelization_factor = static_cast<std::size_t>(mapping.parallelization_factor.value_or(1));
  out.batching_window = seconds(mapping.maximum_batching_window_in_seconds, 0);
  out.tumbling_window = seconds(mapping.tumbling_window_in_seconds, 0);
  out.maximum_record_age = seconds(mapping.maximum_record_age_in_seconds, -1);
  out.maximum_retry_attempts = mapping.maximum_retry_attempts.value_or(-1);
  out.bisect_batch = mapping.bisect_batch_on_function_error.value_or(false);
  out.reports_failures = mapping.function_response_types && !mapping.function_response_types->empty();
  // They were parsed when the mapping was made.
  if (mapping.filter_criteria) out.filters = RecordFilter::parse(patterns_in(*mapping.filter_criteria)).value();
  return out;
}

}  // namespace

std::vector<std::string> patterns_in(const FilterCriteria& criteria) {
  std::vector<std::string> out;
  for (const Filter& each : criteria.filters.value_or(std::vector<Filter>()))
    out.push_back(each.pattern.value_or("{}"));
  return out;
}

Lambda::Lambda(LambdaParts parts)
    : parts_(std::move(parts)),
      mappings_({parts_.loop, parts_.timers, parts_.store, parts_.clock, parts_.random, parts_.invoker,
                 [this](const MappingId& id, const std::string& name) {
                   return find_or_null(id.account, id.region, name);
                 }}) {}

void Lambda::resume() {
  const std::string prefix = all_mappings_prefix();
  const auto cursor = parts_.store.scan(kv::prefix_range(prefix), kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    std::string_view key = cursor->key().substr(prefix.size());
    std::string_view where = cursor->value();
    const std::string uuid = kv::take_text(key);
    aws::Caller caller;
    caller.account = kv::take_text(where);
    caller.region = kv::take_text(where);
    const auto mapping = parts_.store.get(mapping_row(caller.account, caller.region, uuid));
    if (mapping.value) apply(caller, aws::from_json<EventSourceMappingConfiguration>(*mapping.value));
  }
}

void Lambda::forget() {
  mappings_.stop_all();
  std::unique_lock lock(cache_mutex_);
  for (const auto& [row, function] : cache_) parts_.invoker.retire(function->arn());
  cache_.clear();
}

aws::Result<FunctionPtr> Lambda::find(const aws::Caller& caller, std::string_view reference) {
  const std::string name = function_name_in(reference);
  if (FunctionPtr found = find_or_null(caller.account, caller.region, name)) return found;
  return aws::fail(errors::kResourceNotFound, fmt::format("Function not found: {}", function_arn(caller, name)));
}

FunctionPtr Lambda::find_or_null(std::string_view account, std::string_view region, const std::string& name) {
  const std::string row = function_row(account, region, name);
  {
    std::shared_lock lock(cache_mutex_);
    const auto found = cache_.find(row);
    if (found != cache_.end()) return found->second;
  }
  std::unique_lock lock(cache_mutex_);
  const auto stored = parts_.store.get(row);
  if (!stored.value) return nullptr;
  auto function = std::make_shared<Function>();
  function->account = account;
  function->region = region;
  function->configuration = aws::from_json<FunctionConfiguration>(*stored.value);
  function->code = hex_encode(base64_decode(*function->configuration.code_sha256).value_or(""));
  cache_[row] = function;
  return function;
}

void Lambda::save(const aws::Caller& caller, const FunctionConfiguration& configuration) {
  const std::string row = function_row(caller.account, caller.region, *configuration.function_name);
  kv::Batch batch;
  batch.put(row, aws::to_json(configuration));
  std::unique_lock lock(cache_mutex_);
  (void)parts_.store.commit(batch);
  cache_.erase(row);
}

void Lambda::erase(const aws::Caller& caller, const std::string& name) {
  const std::string row = function_row(caller.account, caller.region, name);
  kv::Batch batch;
  batch.erase(row);
  batch.erase(tags_row(caller.account, caller.region, name));
  std::unique_lock lock(cache_mutex_);
  (void)parts_.store.commit(batch);
  cache_.erase(row);
}

RecordSource* Lambda::source_of(std::string_view arn) const {
  for (RecordSource* source : parts_.sources) {
    if (source->owns(arn)) return source;
  }
  return nullptr;
}

void Lambda::apply(const aws::Caller& caller, const EventSourceMappingConfiguration& mapping) {
  RecordSource* source = source_of(*mapping.event_source_arn);
  if (mapping.state != "Enabled" || !source) return mappings_.stop(*mapping.uuid);
  mappings_.start(settings_of(caller, mapping), *source);
}

}  // namespace leat::lambda
