#include <algorithm>

#include "aws/dynamodb/operations.h"
#include "service/dynamodb/item/capacity.h"
#include "service/dynamodb/item/item_read.h"

namespace leat::dynamodb {
namespace {

constexpr std::size_t kMaxKeys = 100;
constexpr std::size_t kMaxResponse = 16U << 20;  // bytes; the rest is left to UnprocessedKeys

// One table's part of the request.
struct TableRead {
  TablePtr table;
  const KeysAndAttributes* request;
  std::vector<PrimaryKey> keys;
  std::optional<expression::Projection> projection;
};

aws::Result<TableRead> prepare(DynamoDb& db, const aws::Caller& caller, const std::string& name,
                               const KeysAndAttributes& request) {
  auto projection = TRY(read_projection(request));
  TableRead read{nullptr, &request, {}, std::move(projection)};
  for (const Item& key : request.keys) {
    if (auto message = first_invalid(key)) return aws::fail(errors::kValidation, *message);
  }
  read.table = TRY(db.tables().find(caller, name));
  std::vector<std::string_view> rows;
  read.keys.reserve(request.keys.size());
  for (const Item& key : request.keys) {
    read.keys.push_back(TRY(key_from_parameter(read.table->key, key)));
    rows.push_back(read.keys.back().row);
  }
  std::sort(rows.begin(), rows.end());
  if (std::adjacent_find(rows.begin(), rows.end()) != rows.end())
    return aws::fail(errors::kValidation, "Provided list of item keys contains duplicates");
  return read;
}

}  // namespace

aws::Result<BatchGetItemOutput> batch_get_item(DynamoDb& db, const aws::Caller& caller,
                                               const BatchGetItemInput& input) {
  std::size_t count = 0;
  for (const auto& [name, request] : input.request_items) count += request.keys.size();
  if (count > kMaxKeys) return aws::fail(errors::kValidation, "Too many items requested for the BatchGetItem call");
  std::vector<TableRead> reads;
  for (const auto& [name, request] : input.request_items) reads.push_back(TRY(prepare(db, caller, name, request)));

  BatchGetItemOutput output;
  auto& responses = output.responses.emplace();
  auto& unprocessed = output.unprocessed_keys.emplace();
  std::size_t total = 0, read_any = 0;
  CapacityReport capacity;
  std::optional<aws::Error> throttled;
  auto name = input.request_items.begin();
  for (const TableRead& read : reads) {
    const std::string& table_name = (name++)->first;
    auto& items = responses[table_name];
    const bool consistent = read.request->consistent_read.value_or(false);
    double units = 0;
    for (std::size_t i = 0; i < read.keys.size(); ++i) {
      auto admitted = db.throttle().admit(*read.table, "", Access::kRead);
      const bool reads = admitted && total < kMaxResponse;
      StoredItem found = reads ? db.read(read.keys[i]) : StoredItem();
      const std::size_t size = found.size();
      if (!admitted) throttled = std::move(admitted).error();
      if (!reads || (total > 0 && total + size > kMaxResponse)) {
        if (reads) total = kMaxResponse;
        KeysAndAttributes& rest = unprocessed.try_emplace(table_name, *read.request).first->second;
        if (rest.keys.size() == read.keys.size()) rest.keys.clear();
        rest.keys.push_back(read.keys[i].attributes);
        continue;
      }
      ++read_any;
      total += size;
      units += read_units(size, consistent);
      db.throttle().charge(*read.table, {read_units(size, consistent)}, Access::kRead);
      if (found.exists()) items.push_back(projected(read.projection, std::move(found)));
    }
    capacity.add(read.table, {units});
  }
  if (throttled && read_any == 0) return std::unexpected(std::move(*throttled));
  output.consumed_capacity = capacity.report(input.return_consumed_capacity);
  return output;
}

}  // namespace leat::dynamodb
