#include "service/lambda/lambda.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "aws/arn.h"
#include "aws/lambda/operations.h"
#include "aws/shape_json.h"
#include "base/encoding.h"
#include "engine/kv/key.h"
#include "engine/kv/rows.h"
#include "service/lambda/function_url.h"
#include "service/lambda/layer.h"
#include "service/lambda/mapping_settings.h"
#include "service/lambda/provisioned.h"

namespace leat::lambda {
Lambda::Lambda(LambdaParts parts)
    : Service(kModel),
      parts_(std::move(parts)),
      mappings_({parts_.loop, parts_.reading, parts_.timers, parts_.store, parts_.clock, parts_.random, parts_.invoker,
                 parts_.destinations, parts_.roles, parts_.metrics,
                 [this](const std::string& arn) { return resolve_or_null(arn); }}),
      events_(*this) {}

void Lambda::start() {
  const std::string prefix = all_mappings_prefix();
  const auto cursor = parts_.store.scan(kv::prefix_range(prefix), kv::Direction::kForward);
  for (; cursor->valid(); cursor->next())
    kv::sound(cursor->key(), [&] { resume_mapping(cursor->key().substr(prefix.size()), cursor->value()); });
  events_.resume();
  provide_all(*this);
  parts_.code.sweep_later();
}

void Lambda::resume_mapping(std::string_view key, std::string_view where) {
  const std::string uuid = kv::take_text(key);
  aws::Caller caller;
  caller.account = kv::take_text(where);
  caller.region = kv::take_text(where);
  const std::string row = mapping_row(caller.account, caller.region, uuid);
  const auto mapping = kv::read_row(parts_.store, row, &aws::from_json<EventSourceMappingConfiguration>);
  if (!mapping) throw kv::DamagedRow("there is no such mapping");
  apply(caller, *mapping);
}

void Lambda::halt() {
  mappings_.stop_all();
  events_.forget();
  std::unique_lock lock(cache_mutex_);
  for (const auto& [row, function] : cache_) parts_.invoker.retire(function->arn());
  cache_.clear();
}

void Lambda::forget() { parts_.code.sweep_later(); }

aws::Result<FunctionPtr> Lambda::find(const aws::Caller& caller, std::string_view reference) {
  const std::string name = TRY(named_whole(caller, reference));
  return find_named(caller, name);
}

aws::Result<Lambda::Whole> Lambda::find_whole(const aws::Caller& caller, std::string_view reference,
                                              const std::optional<std::string>& qualifier) {
  FunctionReference named = TRY(named_function(caller, reference, qualifier));
  FunctionPtr function = TRY(find_named(caller, named.name));
  return Whole{std::move(function), std::move(named.qualifier)};
}

aws::Result<FunctionPtr> Lambda::find_latest(const aws::Caller& caller, std::string_view reference) {
  const FunctionReference named = TRY(named_function(caller, reference, std::nullopt));
  if (!named.qualifier.empty() && named.qualifier != kLatest)
    return aws::fail(errors::kInvalidParameterValue, "Current operation does not support versions other than $LATEST");
  return find_named(caller, named.name);
}

aws::Result<FunctionPtr> Lambda::find_named(const aws::Caller& caller, const std::string& name) {
  if (FunctionPtr found = find_or_null(caller.account, caller.region, name)) return found;
  return aws::fail(errors::kResourceNotFound, fmt::format("Function not found: {}", function_arn(caller, name)));
}

std::optional<AliasConfiguration> Lambda::alias(const aws::Caller& caller, std::string_view name,
                                                std::string_view alias) const {
  const auto stored = parts_.store.get(qualified_row(caller.account, caller.region, 'a', name, alias));
  if (!stored.value) return std::nullopt;
  return aws::from_json<AliasConfiguration>(*stored.value);
}

namespace {

// The version that an invocation of the alias goes to.
std::string chosen_version(const AliasConfiguration& alias, Random& random) {
  if (!alias.routing_config || !alias.routing_config->additional_version_weights) return *alias.function_version;
  double point = static_cast<double>(kv::read_u64(random.bytes(8)) >> 11) / static_cast<double>(1ULL << 53);
  for (const auto& [version, weight] : *alias.routing_config->additional_version_weights) {
    if (point < weight) return version;
    point -= weight;
  }
  return *alias.function_version;
}

}  // namespace

aws::Result<Lambda::Target> Lambda::resolve(const aws::Caller& caller, std::string_view reference,
                                            const std::optional<std::string>& qualifier) {
  const FunctionReference named = TRY(named_function(caller, reference, qualifier));
  const std::string& wanted = named.qualifier;
  std::string arn = function_arn(caller, named.name);
  if (!wanted.empty()) arn += ':' + wanted;
  const auto not_found = [&] {
    return aws::fail(errors::kResourceNotFound, fmt::format("Function not found: {}", arn));
  };
  std::string version = wanted.empty() ? std::string(kLatest) : wanted;
  if (version != kLatest && !version_number(version)) {
    const auto found = alias(caller, named.name, version);
    if (!found) return not_found();
    version = chosen_version(*found, parts_.random);
  }
  FunctionPtr function = find_or_null(caller.account, caller.region, named.name, version);
  if (!function) return not_found();
  return Target{std::move(function), std::move(arn), wanted};
}

aws::Result<Lambda::Target> Lambda::resolve_alias(const aws::Caller& caller, std::string_view reference,
                                                  const std::optional<std::string>& qualifier) {
  const FunctionReference named = TRY(named_function(caller, reference, qualifier));
  const bool is_alias = !named.qualifier.empty() && named.qualifier != kLatest && !version_number(named.qualifier);
  if (is_alias && find_or_null(caller.account, caller.region, named.name) &&
      !alias(caller, named.name, named.qualifier)) {
    return aws::fail(errors::kResourceNotFound, fmt::format("Cannot find alias arn: {}:{}",
                                                            function_arn(caller, named.name), named.qualifier));
  }
  return resolve(caller, reference, qualifier);
}

FunctionPtr Lambda::resolve_or_null(std::string_view text) {
  const auto arn = aws::parse_arn(text);
  if (!arn) return nullptr;
  aws::Caller owner;
  owner.account = arn->account;
  owner.region = arn->region;
  auto target = resolve(owner, text, std::nullopt);
  return target ? std::move(target->function) : nullptr;
}

FunctionPtr Lambda::find_or_null(std::string_view account, std::string_view region, const std::string& name,
                                 std::string_view version) {
  const std::string row = version == kLatest ? function_row(account, region, name)
                                             : version_row(account, region, name, version_number(version).value_or(0));
  {
    std::shared_lock lock(cache_mutex_);
    const auto found = cache_.find(row);
    if (found != cache_.end()) return found->second;
  }
  std::unique_lock lock(cache_mutex_);
  auto configuration = kv::read_row(parts_.store, row, &aws::from_json<FunctionConfiguration>);
  if (!configuration) return nullptr;
  auto function = std::make_shared<Function>();
  function->account = account;
  function->region = region;
  function->configuration = std::move(*configuration);
  function->code = code_blob(function->configuration);
  function->layers = layer_blobs(parts_.store, function->configuration);
  function->family = aws::make_arn("lambda", region, account, "function:" + name);
  function->hot_folder = parts_.store.get(room_prefix(account, region, 'o', name)).value.value_or("");
  if (function->hot_folder.empty()) function->holds.push_back(parts_.code.hold(function->code));
  for (const auto& layer : function->layers) function->holds.push_back(parts_.code.hold(layer));
  function->may_recur = parts_.store.get(room_prefix(account, region, 's', name)).value == "Allow";
  const auto reserved = parts_.store.get(room_prefix(account, region, 'r', name));
  if (reserved.value)
    function->reserved =
        static_cast<std::size_t>(*aws::from_json<Concurrency>(*reserved.value).reserved_concurrent_executions);
  cache_[row] = function;
  return function;
}

void Lambda::save(const aws::Caller& caller, const std::vector<FunctionConfiguration>& configurations,
                  kv::Batch batch) {
  std::vector<std::string> rows;
  for (const auto& configuration : configurations) {
    const std::string& name = *configuration.function_name;
    const auto version = version_number(*configuration.version);
    rows.push_back(version ? version_row(caller.account, caller.region, name, *version)
                           : function_row(caller.account, caller.region, name));
    batch.put(rows.back(), aws::to_json(configuration));
    if (!version) continue;
    const std::string counter_row = room_prefix(caller.account, caller.region, 'n', name);
    if (const auto newest = parts_.store.get(counter_row).value; newest && kv::read_u64(*newest) >= *version) continue;
    std::string counter;
    kv::append_u64(counter, *version);
    batch.put(counter_row, counter);
  }
  std::unique_lock lock(cache_mutex_);
  (void)parts_.store.commit(batch);
  for (const auto& row : rows) cache_.erase(row);
}

void Lambda::revise(const aws::Caller& caller, FunctionConfiguration configuration, kv::Batch batch) {
  configuration.revision_id = parts_.random.uuid();
  save(caller, {std::move(configuration)}, std::move(batch));
}

void Lambda::erase(const aws::Caller& caller, const std::string& name) {
  kv::Batch batch;
  batch.erase(function_row(caller.account, caller.region, name));
  for (const char room : kFunctionRooms)
    batch.erase(kv::prefix_range(room_prefix(caller.account, caller.region, room, name)));
  EventQueue::stage_erase(batch, function_arn(caller, name));
  batch.erase(kv::prefix_range(provisioned_prefix(caller, name)));
  for (const auto& url : urls_of(parts_.store, caller, name)) stage_erase_url(batch, url);
  {
    std::unique_lock lock(cache_mutex_);
    (void)parts_.store.commit(batch);
  }
  reload(caller, name);
}

void Lambda::erase_version(const aws::Caller& caller, const std::string& name, std::uint64_t version) {
  const std::string row = version_row(caller.account, caller.region, name, version);
  kv::Batch batch;
  batch.erase(row);
  std::unique_lock lock(cache_mutex_);
  (void)parts_.store.commit(batch);
  cache_.erase(row);
}

void Lambda::reload(const aws::Caller& caller, const std::string& name) {
  const std::string versions = room_prefix(caller.account, caller.region, 'v', name);
  std::unique_lock lock(cache_mutex_);
  cache_.erase(function_row(caller.account, caller.region, name));
  std::erase_if(cache_, [&](const auto& each) { return each.first.starts_with(versions); });
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
