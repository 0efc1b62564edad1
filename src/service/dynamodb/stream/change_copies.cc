#include "service/dynamodb/stream/change_copies.h"

#include <fmt/format.h>

#include "aws/shape_json.h"
#include "base/encoding.h"
#include "service/dynamodb/value/item_codec.h"
#include "service/dynamodb/value/returned_item.h"
#include "service/dynamodb/value/stored_item.h"

namespace leat::dynamodb {
namespace {

void append_image(std::string& out, std::string_view name, std::string_view stored) {
  if (stored.empty()) return;
  const ReturnedItem item(stored);
  out += fmt::format(",\"{}\":", name);
  ReturnedItem::kJson.encode(&item, out);
}

}  // namespace

std::string copied_change(const CopiedChange& copied, std::string_view event_id) {
  const ItemChange& change = copied.change;
  const char* name = change.old_image.empty() ? "INSERT" : change.new_image.empty() ? "REMOVE" : "MODIFY";
  const std::string keys = encode_item(change.key.attributes);
  std::string out = fmt::format(
      R"({{"awsRegion":"{}","eventID":"{}","eventName":"{}","userIdentity":{},"recordFormat":"application/json","tableName":{},"dynamodb":{{"ApproximateCreationDateTime":{})",
      copied.table.region, event_id, name,
      change.by_time_to_live ? R"({"principalId":"dynamodb.amazonaws.com","type":"Service"})" : "null",
      json_string(copied.table.name()), to_millis(copied.now) * (copied.microseconds ? 1000 : 1));
  if (copied.microseconds) out += R"(,"ApproximateCreationDateTimePrecision":"MICROSECOND")";
  append_image(out, "Keys", keys);
  append_image(out, "NewImage", change.new_image);
  append_image(out, "OldImage", change.old_image);
  return out + fmt::format(R"(,"SizeBytes":{}}},"eventSource":"aws:dynamodb"}})",
                           stored_size(keys) + stored_size(change.old_image) + stored_size(change.new_image));
}

}  // namespace leat::dynamodb
