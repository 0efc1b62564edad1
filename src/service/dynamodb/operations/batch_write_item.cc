#include <map>
#include <set>

#include "aws/dynamodb/operations.h"
#include "service/dynamodb/capacity.h"
#include "service/dynamodb/item_codec.h"
#include "service/dynamodb/item_write.h"

namespace leat::dynamodb {
namespace {

constexpr std::size_t kMaxRequests = 25;

std::unexpected<aws::Error> refuse(std::string message) { return aws::fail(errors::kValidation, std::move(message)); }

aws::Result<void> check_request(const WriteRequest& request) {
  if (request.put_request.has_value() == request.delete_request.has_value()) {
    return refuse(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes");
  }
  if (request.put_request) {
    if (auto valid = check_item(request.put_request->item); !valid) return refuse(valid.error());
  } else if (auto message = first_invalid(request.delete_request->key)) {
    return refuse(*message);
  }
  return {};
}

aws::Result<ItemWrite> prepare(const TablePtr& table, const WriteRequest& request) {
  if (!request.put_request) {
    return ItemWrite{table, TRY(key_from_parameter(*table, request.delete_request->key)),
                     [](const StoredItem&) -> aws::Result<std::optional<std::string>> { return std::nullopt; }};
  }
  const Item& item = request.put_request->item;
  return ItemWrite{
      table, TRY(key_from_item(*table, item)),
      [stored = encode_item(item)](const StoredItem&) -> aws::Result<std::optional<std::string>> { return stored; }};
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
  std::set<std::string> rows;
  for (const auto& [name, requests] : input.request_items) {
    const TablePtr table = TRY(db.tables().find(caller, name));
    for (const WriteRequest& request : requests) {
      writes.push_back(TRY(prepare(table, request)));
      if (!rows.insert(writes.back().key.row).second) return refuse("Provided list of item keys contains duplicates");
    }
  }
  const auto written = TRY(db.write(writes));

  BatchWriteItemOutput output;
  output.unprocessed_items.emplace();
  if (!input.return_consumed_capacity || *input.return_consumed_capacity == "NONE") return output;
  std::map<TablePtr, double> units;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    units[writes[i].table] +=
        write_units(std::max(size_of(written[i].before.item()), size_of(written[i].after.item())));
  }
  output.consumed_capacity.emplace();
  for (const auto& [table, sum] : units)
    output.consumed_capacity->push_back(*consumed(input.return_consumed_capacity, *table, sum));
  return output;
}

}  // namespace leat::dynamodb
