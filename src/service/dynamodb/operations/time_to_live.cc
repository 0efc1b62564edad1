#include "service/dynamodb/care/time_to_live.h"

#include <fmt/format.h>

#include "aws/dynamodb/operations.h"
#include "aws/shape_json.h"
#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/table/backfill.h"

namespace leat::dynamodb {
namespace {

std::unexpected<aws::Error> refuse(std::string message) { return aws::fail(errors::kValidation, std::move(message)); }

aws::Result<void> check(const Table& table, const TimeToLiveSpecification& wanted) {
  if (wanted.enabled && table.expiry_attribute) return refuse("TimeToLive is already enabled");
  if (!wanted.enabled && !table.expiry_attribute) return refuse("TimeToLive is already disabled");
  if (!wanted.enabled && *table.expiry_attribute != wanted.attribute_name) {
    return refuse(fmt::format("TimeToLive is active on a different AttributeName: current AttributeName is {}",
                              *table.expiry_attribute));
  }
  return {};
}

}  // namespace

aws::Result<DescribeTimeToLiveOutput> describe_time_to_live(DynamoDb& db, const aws::Caller& caller,
                                                            const DescribeTimeToLiveInput& input) {
  const TablePtr table = TRY(db.tables().find_any(caller, input.table_name));
  DescribeTimeToLiveOutput output;
  auto& description = output.time_to_live_description.emplace();
  description.time_to_live_status = table->expiry_attribute ? "ENABLED" : "DISABLED";
  description.attribute_name = table->expiry_attribute;
  return output;
}

aws::Result<UpdateTimeToLiveOutput> update_time_to_live(DynamoDb& db, const aws::Caller& caller,
                                                        const UpdateTimeToLiveInput& input) {
  const TimeToLiveSpecification& wanted = input.time_to_live_specification;
  std::unique_lock lock(db.definitions());
  const TablePtr table = TRY(db.tables().find_any(caller, input.table_name));
  TRY_VOID(check(*table, wanted));
  const std::string row = time_to_live_row(caller.account, caller.region, table->name());
  kv::Batch batch;
  if (wanted.enabled) {
    batch.put(row, aws::to_json(wanted));
    stage_backfill(batch, db, caller, table->description, "");
  } else {
    batch.erase(row);
    batch.erase(kv::prefix_range(table->expiry_prefix));
  }
  (void)db.store().commit(batch);
  db.tables().published(caller, table->name());
  lock.unlock();
  backfill_staged(db);
  UpdateTimeToLiveOutput output;
  output.time_to_live_specification = wanted;
  return output;
}

}  // namespace leat::dynamodb
