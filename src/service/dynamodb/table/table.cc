#include "service/dynamodb/table/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/arn.h"
#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "engine/kv/rows.h"
#include "service/dynamodb/care/history.h"
#include "service/dynamodb/stream/stream.h"

namespace leat::dynamodb {
namespace {

std::string cache_key(const aws::Caller& caller, std::string_view name) {
  return fmt::format("{}/{}/{}", caller.account, caller.region, name);
}

KeyAttribute key_attribute(const TableDescription& description, const std::string& name) {
  const auto found = std::find_if(description.attribute_definitions->begin(), description.attribute_definitions->end(),
                                  [&](const AttributeDefinition& each) { return each.attribute_name == name; });
  return {name, found->attribute_type};
}

KeySchema key_schema(const TableDescription& description, const std::vector<KeySchemaElement>& elements,
                     std::string prefix) {
  KeySchema schema{key_attribute(description, elements[0].attribute_name), std::nullopt, std::move(prefix)};
  if (elements.size() > 1) schema.sort = key_attribute(description, elements[1].attribute_name);
  return schema;
}

template <class Description>
Index index_of(const Table& table, const Description& described) {
  Index index;
  index.name = *described.index_name;
  index.key = key_schema(table.description, *described.key_schema,
                         index_prefix(table.account, table.region, 'x', table.id(), index.name));
  index.sums_row = index_prefix(table.account, table.region, 'c', table.id(), index.name);
  index.projects_all = described.projection->projection_type == "ALL";
  if (index.projects_all) return index;
  if (described.projection->non_key_attributes) index.attributes = *described.projection->non_key_attributes;
  const auto add_keys = [&](const KeySchema& key) {
    index.attributes.push_back(key.partition.name);
    if (key.sort) index.attributes.push_back(key.sort->name);
  };
  add_keys(table.key);
  add_keys(index.key);
  std::sort(index.attributes.begin(), index.attributes.end());
  index.attributes.erase(std::unique(index.attributes.begin(), index.attributes.end()), index.attributes.end());
  return index;
}

void add_indexes(Table& table) {
  for (const auto& each :
       table.description.global_secondary_indexes.value_or(std::vector<GlobalSecondaryIndexDescription>())) {
    Index index = index_of(table, each);
    index.global = true;
    index.backfilling = each.backfilling.value_or(false);
    table.indexes.push_back(std::move(index));
  }
  for (const auto& each :
       table.description.local_secondary_indexes.value_or(std::vector<LocalSecondaryIndexDescription>())) {
    table.indexes.push_back(index_of(table, each));
    table.limits_collections = true;
  }
}

std::vector<Table::Copy> active_copies(const DescribeKinesisStreamingDestinationOutput& stored) {
  std::vector<Table::Copy> out;
  for (const auto& each : *stored.kinesis_data_stream_destinations) {
    if (each.destination_status == "ACTIVE")
      out.push_back({*each.stream_arn, each.approximate_creation_date_time_precision == "MICROSECOND"});
  }
  return out;
}

bool is_well_formed(std::string_view name) {
  return name.size() >= 3 && name.size() <= 255 && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                  c == '.';
         });
}

// Of what the model's constraints have not seen: names inside statements and batches. An ARN that leads to no table of
// the caller's is a name of none.
aws::Result<void> check_name(std::string_view name) {
  return aws::parse_arn(name) ? aws::Result<void>() : check_table_name(name);
}

}  // namespace

aws::Caller Table::owner() const {
  aws::Caller caller;
  caller.account = account;
  caller.region = region;
  return caller;
}

const Index* Table::index(std::string_view wanted) const {
  for (const Index& each : indexes) {
    if (each.name == wanted) return &each;
  }
  return nullptr;
}

std::string table_arn(const aws::Caller& caller, std::string_view name) {
  return aws::make_arn("dynamodb", caller.region, caller.account, fmt::format("table/{}", name));
}

std::string_view table_name_in(const aws::Caller& caller, std::string_view name_or_arn) {
  const auto arn = aws::parse_arn(name_or_arn);
  const bool own = arn && arn->service == "dynamodb" && arn->region == caller.region && arn->account == caller.account;
  if (!own || !arn->resource.starts_with("table/")) return name_or_arn;
  const std::string_view name = arn->resource.substr(6);
  return is_well_formed(name) ? name : name_or_arn;
}

aws::Result<void> check_table_name(std::string_view name) {
  if (is_well_formed(name)) return {};
  return aws::fail(errors::kValidation,
                   "Invalid table/index name.  Table/index names must be between 3 and 255 characters long, and may "
                   "contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'");
}

aws::Result<TablePtr> Tables::find(const aws::Caller& caller, std::string_view name_or_arn) {
  const std::string_view name = table_name_in(caller, name_or_arn);
  TRY_VOID(check_name(name));
  TablePtr table = find_or_null(caller, name);
  if (table && table->description.table_status != "CREATING") return table;
  return aws::fail(errors::kResourceNotFound, "Requested resource not found");
}

aws::Result<TablePtr> Tables::find_any(const aws::Caller& caller, std::string_view name_or_arn) {
  const std::string_view name = table_name_in(caller, name_or_arn);
  TRY_VOID(check_name(name));
  if (TablePtr table = find_or_null(caller, name)) return table;
  return aws::fail(errors::kResourceNotFound, fmt::format("Requested resource not found: Table: {} not found", name));
}

TablePtr Tables::find_or_null(const aws::Caller& caller, std::string_view name) {
  const std::string key = cache_key(caller, name);
  while (true) {
    std::uint64_t generation = 0;
    {
      std::shared_lock lock(mutex_);
      const auto found = cache_.find(key);
      if (found != cache_.end()) return found->second;
      generation = generation_;
    }
    TablePtr table = load(caller, name);
    if (!table) return nullptr;
    std::unique_lock lock(mutex_);
    // What was read before a change must not stay after it.
    if (generation == generation_) return cache_.emplace(key, std::move(table)).first->second;
  }
}

TablePtr Tables::latest(const TablePtr& table) {
  if (!table->replaced.load(std::memory_order_acquire)) return table;
  TablePtr now = find_or_null(table->owner(), table->name());
  return now && now->id() == table->id() ? now : nullptr;
}

TablePtr Tables::load(const aws::Caller& caller, std::string_view name) const {
  auto stored = kv::read_row(store_, table_row(caller.account, caller.region, name), &aws::from_json<TableDescription>);
  if (!stored) return nullptr;
  auto table = std::make_shared<Table>();
  table->account = caller.account;
  table->region = caller.region;
  table->description = std::move(*stored);
  const auto& description = table->description;
  table->key = key_schema(description, *description.key_schema,
                          item_prefix(caller.account, caller.region, *description.table_id));
  table->sums_row = index_prefix(caller.account, caller.region, 'c', table->id(), "");
  add_indexes(*table);
  table->expiry_prefix = home_key(caller.account, caller.region, 'y') + kv::make_key(table->id());
  const auto jobs = kv::prefix_range(jobs_prefix(caller.account, caller.region, table->id()));
  table->keeps_history = store_.get(recovery_row(caller.account, caller.region, name)).value ||
                         store_.scan(jobs, kv::Direction::kForward)->valid();
  if (const auto life = kv::read_row(store_, time_to_live_row(caller.account, caller.region, name),
                                     &aws::from_json<TimeToLiveSpecification>))
    table->expiry_attribute = life->attribute_name;
  if (const auto copies = kv::read_row(store_, copies_row(caller.account, caller.region, name),
                                       &aws::from_json<DescribeKinesisStreamingDestinationOutput>))
    table->copies = active_copies(*copies);
  if (description.stream_specification && description.stream_specification->stream_enabled) {
    const std::string row = stream_row(caller.account, caller.region, name, *description.latest_stream_label);
    if (const auto stream = kv::read_row(store_, row, &aws::from_json<dynamodbstreams::StreamDescription>))
      table->stream = enabled_stream(*table, *stream);
  }
  return table;
}

void Tables::stage(kv::Batch& batch, const aws::Caller& caller, const TableDescription& description) const {
  batch.put(table_row(caller.account, caller.region, *description.table_name), aws::to_json(description));
}

void Tables::stage_erase(kv::Batch& batch, const Table& table) const {
  batch.erase(table_row(table.account, table.region, table.name()));
  batch.erase(tags_row(table.account, table.region, table.name()));
  const std::string& arn = *table.description.table_arn;
  const std::string policies = home_key(table.account, table.region, 'P');
  batch.erase(policies + kv::make_key(arn));
  batch.erase(kv::prefix_range(policies + arn + "/stream/"));
  batch.erase(kv::prefix_range(home_key(table.account, table.region, 'I') + kv::make_key(table.name())));
  batch.erase(time_to_live_row(table.account, table.region, table.name()));
  batch.erase(recovery_row(table.account, table.region, table.name()));
  batch.erase(copies_row(table.account, table.region, table.name()));
  batch.erase(kv::prefix_range(table.key.prefix));
  for (char room : {'x', 'c', 'h', 'j', 'y', 'z'}) {
    batch.erase(kv::prefix_range(home_key(table.account, table.region, room) + kv::make_key(table.id())));
  }
}

void Tables::published(const aws::Caller& caller, std::string_view name) {
  std::unique_lock lock(mutex_);
  ++generation_;
  const auto old = cache_.extract(cache_key(caller, name));
  if (old) old.mapped()->replaced.store(true, std::memory_order_release);
}

void Tables::forget() {
  std::unique_lock lock(mutex_);
  ++generation_;
  for (const auto& [key, table] : cache_) table->replaced.store(true, std::memory_order_release);
  cache_.clear();
}

std::vector<std::string> Tables::names(const aws::Caller& caller, const std::optional<std::string>& after,
                                       std::size_t limit) const {
  const std::string home = home_key(caller.account, caller.region, 't');
  kv::Range range = kv::prefix_range(home);
  if (after) range.begin = table_row(caller.account, caller.region, *after) + '\0';
  std::vector<std::string> out;
  const auto cursor = store_.scan(range, kv::Direction::kForward);
  for (; cursor->valid() && out.size() < limit; cursor->next()) {
    std::string_view rest = cursor->key().substr(home.size());
    out.push_back(kv::take_text(rest));
  }
  return out;
}

}  // namespace leat::dynamodb
