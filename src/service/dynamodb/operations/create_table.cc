#include <fmt/format.h>
#include <fmt/ranges.h>

#include "aws/dynamodb/operations.h"
#include "aws/shape_json.h"
#include "base/encoding.h"
#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/stream.h"
#include "service/dynamodb/stream_retention.h"
#include "service/dynamodb/table_change.h"

namespace leat::dynamodb {
namespace {

std::unexpected<aws::Error> refuse(std::string message) { return aws::fail(errors::kValidation, std::move(message)); }

// The order of checks: dynalite's recordings (validations/createTable.js).
aws::Result<void> check_keys(const std::vector<KeySchemaElement>& schema,
                             const std::vector<AttributeDefinition>& definitions) {
  std::vector<std::string> keys, defined;
  for (const auto& each : schema) keys.push_back(each.attribute_name);
  for (const auto& each : definitions) defined.push_back(each.attribute_name);
  if (keys.size() > defined.size()) return refuse("Invalid KeySchema: Some index key attribute have no definition");
  for (const auto& key : keys) {
    if (std::find(defined.begin(), defined.end(), key) != defined.end()) continue;
    return refuse(fmt::format(
        "One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. "
        "Keys: [{}], AttributeDefinitions: [{}]",
        fmt::join(keys, ", "), fmt::join(defined, ", ")));
  }
  if (keys.size() == 2 && keys[0] == keys[1])
    return refuse("Both the Hash Key and the Range Key element in the KeySchema have the same name");
  if (schema[0].key_type != "HASH")
    return refuse("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  if (schema.size() == 2 && schema[1].key_type != "RANGE")
    return refuse("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
  if (keys.size() != defined.size()) {
    return refuse(
        "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of "
        "attributes "
        "defined in AttributeDefinitions");
  }
  return {};
}

}  // namespace

aws::Result<CreateTableOutput> create_table(DynamoDb& db, const aws::Caller& caller, const CreateTableInput& input) {
  const std::string name(table_name_in(input.table_name));
  if (name.size() < 3 || name.size() > 255)
    return refuse("TableName must be at least 3 characters long and at most 255 characters long");
  if (input.global_secondary_indexes || input.local_secondary_indexes) {
    return aws::fail(errors::kNotOffered, "leat does not offer secondary indexes yet");
  }
  if (!input.key_schema || !input.attribute_definitions) {
    return refuse("One or more parameter values were invalid: KeySchema and AttributeDefinitions must be specified");
  }
  TRY_VOID(check_billing(input.billing_mode.value_or("PROVISIONED"), input.provisioned_throughput));
  TRY_VOID(check_keys(*input.key_schema, *input.attribute_definitions));
  if (input.stream_specification) TRY_VOID(check_stream_specification(*input.stream_specification));

  std::lock_guard lock(db.definition_mutex());
  if (db.tables().find_or_null(caller, name))
    return aws::fail(errors::kResourceInUse, fmt::format("Table already exists: {}", name));
  const TimePoint now = db.clock().now();
  TableDescription description;
  description.table_name = name;
  description.table_arn = table_arn(caller, name);
  description.table_id = db.random().uuid();
  description.table_status = "ACTIVE";
  description.creation_date_time = now;
  description.attribute_definitions = input.attribute_definitions;
  description.key_schema = input.key_schema;
  description.item_count = 0;
  description.table_size_bytes = 0;
  description.deletion_protection_enabled = input.deletion_protection_enabled.value_or(false);
  description.warm_throughput.emplace();
  if (input.table_class) description.table_class_summary.emplace().table_class = input.table_class;
  if (input.sse_specification && input.sse_specification->enabled.value_or(false)) {
    auto& sse = description.sse_description.emplace();
    sse.status = "ENABLED";
    sse.sse_type = "KMS";
    sse.kms_master_key_arn = input.sse_specification->kms_master_key_id;
  }
  set_billing(description, input.billing_mode.value_or("PROVISIONED"), input.provisioned_throughput, now);

  kv::Batch batch;
  if (input.stream_specification && input.stream_specification->stream_enabled) {
    begin_stream(batch, db.random(), caller, description,
                 new_stream(db.store(), caller, description, *input.stream_specification, now));
    stage_retention(batch, db, caller, description);
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

  CreateTableOutput output;
  output.table_description = std::move(description);
  output.table_description->table_status = "CREATING";
  return output;
}

}  // namespace leat::dynamodb
