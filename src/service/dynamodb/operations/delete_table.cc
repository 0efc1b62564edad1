#include <fmt/format.h>

#include "aws/dynamodb/operations.h"
#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/stream.h"

namespace leat::dynamodb {

aws::Result<DeleteTableOutput> delete_table(DynamoDb& db, const aws::Caller& caller, const DeleteTableInput& input) {
  std::lock_guard lock(db.definition_mutex());
  const TablePtr table = TRY(db.tables().find(caller, input.table_name));
  if (table->description.deletion_protection_enabled.value_or(false)) {
    return aws::fail(errors::kValidation, fmt::format("Resource cannot be deleted as it is currently protected against "
                                                      "deletion. Disable deletion protection first."));
  }
  kv::Batch batch;
  db.tables().stage_erase(batch, *table);
  if (table->stream) end_stream(batch, db.store(), caller, table->description);
  (void)db.store().commit(batch);
  db.tables().published(caller, table->name());

  DeleteTableOutput output;
  auto& description = output.table_description.emplace(table->description);
  description.table_status = "DELETING";
  return output;
}

}  // namespace leat::dynamodb
