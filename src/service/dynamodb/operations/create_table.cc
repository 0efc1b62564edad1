#include <fmt/format.h>

#include "aws/dynamodb/operations.h"
#include "aws/shape_json.h"
#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/stream/stream.h"
#include "service/dynamodb/stream/stream_retention.h"
#include "service/dynamodb/stream/stream_roll.h"
#include "service/dynamodb/table/index_definition.h"
#include "service/dynamodb/table/table_change.h"
#include "service/dynamodb/table/table_tags.h"

namespace leat::dynamodb {
namespace {

std::unexpected<aws::Error> refuse(std::string message) { return aws::fail(errors::kValidation, std::move(message)); }

std::string billing_mode(const CreateTableInput& input) { return input.billing_mode.value_or("PROVISIONED"); }

aws::Result<void> check(const CreateTableInput& input, std::string_view name) {
  if (name.size() < 3 || name.size() > 255)
    return refuse("TableName must be at least 3 characters long and at most 255 characters long");
  TRY_VOID(check_table_name(name));
  if (!input.key_schema || !input.attribute_definitions) {
    return refuse("One or more parameter values were invalid: KeySchema and AttributeDefinitions must be specified");
  }
  TRY_VOID(check_billing(billing_mode(input), input.provisioned_throughput));
  TRY_VOID(check_key_schema(*input.key_schema, *input.attribute_definitions));
  TRY_VOID(check_indexes({*input.key_schema, *input.attribute_definitions, billing_mode(input)},
                         input.local_secondary_indexes, input.global_secondary_indexes));
  TRY_VOID(check_encryption(input.sse_specification));
  TRY_VOID(check_tags(input.tags.value_or(std::vector<Tag>())));
  TRY_VOID(check_tag_count(input.tags ? input.tags->size() : 0));
  return input.stream_specification
             ? check_stream_specification(*input.stream_specification, "Table is being created with a stream ")
             : aws::Result<void>{};
}

template <class Index>
auto describe_all(const std::optional<std::vector<Index>>& indexes, const std::string& arn) {
  std::optional<std::vector<decltype(describe_index(std::declval<Index>(), arn))>> out;
  if (!indexes) return out;
  out.emplace();
  for (const Index& each : *indexes) out->push_back(describe_index(each, arn));
  return out;
}

TableDescription describe(DynamoDb& db, const aws::Caller& caller, const CreateTableInput& input, std::string name) {
  TableDescription out;
  out.table_arn = table_arn(caller, name);
  out.table_name = std::move(name);
  out.table_id = db.random().uuid();
  out.table_status = "ACTIVE";
  out.creation_date_time = db.clock().now();
  out.attribute_definitions = input.attribute_definitions;
  out.key_schema = input.key_schema;
  out.item_count = 0;
  out.table_size_bytes = 0;
  out.local_secondary_indexes = describe_all(input.local_secondary_indexes, *out.table_arn);
  out.global_secondary_indexes = describe_all(input.global_secondary_indexes, *out.table_arn);
  out.deletion_protection_enabled = input.deletion_protection_enabled.value_or(false);
  out.on_demand_throughput = input.on_demand_throughput;
  if (input.table_class) out.table_class_summary.emplace().table_class = input.table_class;
  set_encryption(out, input.sse_specification);
  set_billing(out, billing_mode(input), input.provisioned_throughput, db.clock().now());
  return out;
}

}  // namespace

aws::Result<CreateTableOutput> create_table(DynamoDb& db, const aws::Caller& caller, const CreateTableInput& input) {
  const std::string name(table_name_in(caller, input.table_name));
  TRY_VOID(check(input, name));

  std::unique_lock lock(db.definitions());
  if (db.tables().find_or_null(caller, name))
    return aws::fail(errors::kResourceInUse, fmt::format("Table already exists: {}", name));
  TableDescription description = describe(db, caller, input, name);
  TRY_VOID(check_all_defined_used(description));
  TRY_VOID(warm_up(description, input.warm_throughput, "ReadCapacityUnits of ProvisionedThroughput"));
  kv::Batch batch;
  if (input.stream_specification && input.stream_specification->stream_enabled) {
    begin_stream(batch, db.random(), caller, description,
                 new_stream(db.store(), caller, description, *input.stream_specification, db.clock().now()));
    stage_retention(batch, db, caller, description);
    stage_roll(batch, db, caller, description);
  }
  if (input.tags && !input.tags->empty()) {
    ListTagsOfResourceOutput tags;
    tags.tags = input.tags;
    batch.put(tags_row(caller.account, caller.region, name), aws::to_json(tags));
  }
  db.tables().stage(batch, caller, description);
  (void)db.store().commit(batch);
  db.tables().published(caller, name);
  retention_staged(db);
  rolls_staged(db);

  CreateTableOutput output;
  output.table_description = std::move(description);
  output.table_description->table_status = "CREATING";
  if (input.warm_throughput)
    output.table_description->warm_throughput->status = "UPDATING";
  else
    hide_warm_throughput(*output.table_description);
  if (output.table_description->global_secondary_indexes) {
    for (auto& each : *output.table_description->global_secondary_indexes) each.index_status = "CREATING";
  }
  return output;
}

}  // namespace leat::dynamodb
