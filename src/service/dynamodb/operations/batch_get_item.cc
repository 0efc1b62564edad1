#include <set>

#include "aws/dynamodb/operations.h"
#include "service/dynamodb/item/capacity.h"
#include "service/dynamodb/item/item_read.h"
#include "service/dynamodb/item/key_paths.h"
#include "service/dynamodb/value/item_codec.h"

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

constexpr aws::Layer kBatchLayer = kLayer<BatchGetItemInput>;

// What needs no table.
aws::Result<TableRead> read(const KeysAndAttributes& request) {
  TableRead read{nullptr, &request, {}, {}};
  read.projection = TRY(read_projection(request, kBatchLayer));
  std::set<std::string> keys;
  for (const Item& key : request.keys) {
    TRY_VOID(check_values(key, kBatchLayer));
    if (!keys.insert(encode_item(key)).second)
      return aws::fail(errors::kValidation, "Provided list of item keys contains duplicates");
  }
  return read;
}

// One request speaks one language, though its tables are read apart.
aws::Result<void> check_languages(const BatchGetItemInput& input) {
  bool expression = false, legacy = false;
  for (const auto& [name, request] : input.request_items) {
    expression = expression || request.projection_expression;
    legacy = legacy || request.attributes_to_get;
  }
  return check_parameters({{{"ProjectionExpression", expression}}, {{"AttributesToGet", legacy}}}, kBatchLayer);
}

aws::Result<void> find_keys(DynamoDb& db, const aws::Caller& caller, const std::string& name, TableRead& read) {
  read.table = TRY(db.tables().find(caller, name));
  read.keys.reserve(read.request->keys.size());
  for (const Item& key : read.request->keys) read.keys.push_back(TRY(key_from_parameter(read.table->key, key)));
  return read.projection ? check_key_paths(*read.table, *read.projection) : aws::Result<void>{};
}

}  // namespace

aws::Result<BatchGetItemOutput> batch_get_item(DynamoDb& db, const aws::Caller& caller,
                                               const BatchGetItemInput& input) {
  std::size_t count = 0;
  for (const auto& [name, request] : input.request_items) count += request.keys.size();
  if (count > kMaxKeys) return aws::fail(errors::kValidation, "Too many items requested for the BatchGetItem call");
  std::vector<TableRead> reads;
  TRY_VOID(check_languages(input));
  for (const auto& [name, request] : input.request_items) reads.push_back(TRY(read(request)));
  auto name = input.request_items.begin();
  for (TableRead& read : reads) TRY_VOID(find_keys(db, caller, (name++)->first, read));

  BatchGetItemOutput output;
  auto& responses = output.responses.emplace();
  auto& unprocessed = output.unprocessed_keys.emplace();
  std::size_t total = 0, read_any = 0;
  CapacityReport capacity;
  std::optional<aws::Error> throttled;
  name = input.request_items.begin();
  for (const TableRead& read : reads) {
    const std::string& table_name = (name++)->first;
    auto& items = responses[table_name];
    const bool consistent = read.request->consistent_read.value_or(false);
    double units = 0;
    for (std::size_t i = 0; i < read.keys.size(); ++i) {
      auto admitted = db.throttle().admit(*read.table, "", Access::kRead);
      const bool reads_it = admitted && total < kMaxResponse;
      StoredItem found = reads_it ? db.read(read.keys[i]) : StoredItem();
      const std::size_t size = found.size();
      if (!admitted) throttled = std::move(admitted).error();
      if (!reads_it || (total > 0 && total + size > kMaxResponse)) {
        if (reads_it) total = kMaxResponse;
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
