#include <set>

#include "aws/dynamodb/operations.h"
#include "service/dynamodb/item/capacity.h"
#include "service/dynamodb/item/item_write.h"
#include "service/dynamodb/value/item_codec.h"

namespace leat::dynamodb {
namespace {

constexpr std::size_t kMaxRequests = 25;
constexpr aws::Layer kBatchLayer = kLayer<BatchWriteItemInput>;

std::unexpected<aws::Error> refuse(std::string message) { return aws::fail(errors::kValidation, std::move(message)); }

aws::Result<void> check_request(const WriteRequest& request) {
  if (request.put_request.has_value() == request.delete_request.has_value()) {
    return refuse(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes");
  }
  return check_values(request.put_request ? request.put_request->item : request.delete_request->key, kBatchLayer);
}

// Where a key does not fit, this operation says of items what all say of keys.
aws::Result<PrimaryKey> key_of(const KeySchema& schema, const Item& item) {
  const auto fits = [&](const KeyAttribute& attribute) {
    const AttributeValue* value = item.find(attribute.name);
    return value && value->type() == attribute.type;
  };
  if (!fits(schema.partition) || (schema.sort && !fits(*schema.sort))) return refuse(std::string(kKeyMismatch));
  return key_from_item(schema, item);
}

aws::Result<ItemWrite> prepare(const TablePtr& table, const WriteRequest& request) {
  if (!request.put_request) {
    PrimaryKey key = TRY(key_from_parameter(table->key, request.delete_request->key));
    return delete_of(table, std::move(key), {});
  }
  const Item& item = request.put_request->item;
  PrimaryKey key = TRY(key_of(table->key, item));
  TRY_VOID(check_size(item));
  return put_of(table, std::move(key), encode_item(item), {});
}

// Moves what the tables' throughput does not let in to `unprocessed`. An error where that is everything.
aws::Result<void> leave_unadmitted(DynamoDb& db, std::vector<ItemWrite>& writes,
                                   const std::vector<const WriteRequest*>& requests,
                                   aws::Map<std::vector<WriteRequest>>& unprocessed) {
  std::vector<ItemWrite> admitted;
  std::optional<aws::Error> refused;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const Table& table = *writes[i].table;
    auto let_in = db.throttle().admit_write(table);
    if (!let_in) {
      refused = std::move(let_in).error();
      unprocessed[table.name()].push_back(*requests[i]);
      continue;
    }
    // Charged one by one, so that the next sees it; what is replaced is not known yet.
    const std::size_t size = requests[i]->put_request ? size_of(requests[i]->put_request->item) : 0;
    db.throttle().charge(table, {write_units(size)}, Access::kWrite);
    writes[i].metered = false;
    admitted.push_back(std::move(writes[i]));
  }
  if (admitted.empty()) return std::unexpected(std::move(*refused));
  writes = std::move(admitted);
  return {};
}

}  // namespace

aws::Result<BatchWriteItemOutput> batch_write_item(DynamoDb& db, const aws::Caller& caller,
                                                   const BatchWriteItemInput& input) {
  std::size_t count = 0;
  for (const auto& [name, requests] : input.request_items) count += requests.size();
  if (count > kMaxRequests) return refuse("Too many items requested for the BatchWriteItem call");
  for (const auto& [name, requests] : input.request_items) {
    for (const WriteRequest& request : requests) TRY_VOID(check_request(request));
  }
  std::vector<ItemWrite> writes;
  std::vector<const WriteRequest*> requests;
  std::set<std::string> rows;
  for (const auto& [name, each] : input.request_items) {
    const TablePtr table = TRY(db.tables().find(caller, name));
    for (const WriteRequest& request : each) {
      requests.push_back(&request);
      writes.push_back(TRY(prepare(table, request)));
      if (!rows.insert(writes.back().key.row).second) return refuse("Provided list of item keys contains duplicates");
    }
  }
  BatchWriteItemOutput output;
  output.unprocessed_items.emplace();
  if (db.throttle().enabled()) TRY_VOID(leave_unadmitted(db, writes, requests, *output.unprocessed_items));
  const auto written = TRY(db.write(writes));
  CapacityReport capacity;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const ItemWrite& write = writes[i];
    if (wants_capacity(input.return_consumed_capacity))
      capacity.add(write.table, write_use(*write.table, write.key.row, written[i]));
    auto metrics = collection_metrics(input.return_item_collection_metrics, db, *write.table, write.key.attributes);
    if (!metrics) continue;
    if (!output.item_collection_metrics) output.item_collection_metrics.emplace();
    (*output.item_collection_metrics)[write.table->name()].push_back(std::move(*metrics));
  }
  output.consumed_capacity = capacity.report(input.return_consumed_capacity);
  return output;
}

}  // namespace leat::dynamodb
