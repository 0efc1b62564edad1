#include "service/lambda/lambda.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "aws/arn.h"
#include "aws/shape_json.h"
#include "base/encoding.h"
#include "engine/kv/key.h"
#include "service/lambda/mapping_settings.h"

namespace leat::lambda {
Lambda::Lambda(LambdaParts parts)
    : parts_(std::move(parts)),
      mappings_({parts_.loop, parts_.timers, parts_.store, parts_.clock, parts_.random, parts_.invoker,
                 parts_.destinations, [this](const std::string& arn) { return find_or_null(arn); }}) {}

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

FunctionPtr Lambda::find_or_null(std::string_view text) {
  const auto arn = aws::parse_arn(text);
  return arn ? find_or_null(arn->account, arn->region, function_name_in(text)) : nullptr;
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

RecordSource* Lambda::stream_of(std::string_view arn) const {
  for (RecordSource* source : parts_.streams) {
    if (source->owns(arn)) return source;
  }
  return nullptr;
}

QueueSource* Lambda::queue_of(std::string_view arn) const { return parts_.queues.owns(arn) ? &parts_.queues : nullptr; }

void Lambda::apply(const aws::Caller& caller, const EventSourceMappingConfiguration& mapping) {
  RecordSource* stream = stream_of(*mapping.event_source_arn);
  QueueSource* queue = queue_of(*mapping.event_source_arn);
  if (mapping.state != "Enabled" || (!stream && !queue)) return mappings_.stop(*mapping.uuid);
  if (stream)
    mappings_.start(settings_of(caller, mapping), *stream);
  else
    mappings_.start(settings_of(caller, mapping), *queue);
}

}  // namespace leat::lambda
