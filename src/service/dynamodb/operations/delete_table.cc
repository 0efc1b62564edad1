#include <fmt/format.h>

#include "aws/dynamodb/operations.h"
#include "service/dynamodb/care/table_copy.h"
#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/stream/stream.h"
#include "service/dynamodb/table/table_change.h"

namespace leat::dynamodb {

aws::Result<DeleteTableOutput> delete_table(DynamoDb& db, const aws::Caller& caller, const DeleteTableInput& input) {
  std::unique_lock lock(db.definitions());
  const TablePtr table = TRY(db.tables().find_any(caller, input.table_name));
  if (table->description.deletion_protection_enabled.value_or(false)) {
    return aws::fail(errors::kValidation, fmt::format("Resource cannot be deleted as it is currently protected against "
                                                      "deletion. Disable deletion protection first."));
  }
  if (is_being_copied(db, *table)) {
    return aws::fail(errors::kResourceInUse,
                     "Attempt to change a resource which is still in use: Table is being backed up or restored");
  }
  TableDescription described = present(db, *table);
  kv::Batch batch;
  db.tables().stage_erase(batch, *table);
  if (table->stream) end_stream(batch, db.store(), caller, table->description, db.clock().now());
  (void)db.store().commit(batch);
  db.tables().published(caller, table->name());
  db.resource_policies().clear();

  DeleteTableOutput output;
  auto& description = output.table_description.emplace(std::move(described));
  description.table_status = "DELETING";
  // What is going is no longer described.
  description.attribute_definitions.reset();
  description.key_schema.reset();
  description.creation_date_time.reset();
  description.billing_mode_summary.reset();
  description.local_secondary_indexes.reset();
  description.global_secondary_indexes.reset();
  hide_warm_throughput(description);
  return output;
}

}  // namespace leat::dynamodb
