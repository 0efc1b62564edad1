#pragma once
// Primary keys, and where everything of DynamoDB lies in the key space.
//
//   home    := text(account) text(region) 'd'
//   table   := home 't' text(name)                               TableDescription, JSON
//   tags    := home 'g' text(name)                               ListTagsOfResourceOutput, JSON
//   item    := home 'i' text(table id) place                    item_codec.h
//   place   := u32(hash) part [ part ]
//   entry   := home 'x' text(table id) text(index) place place   index.h; the second place is the item's
//   sums    := home 'c' text(table id) text(index)               items, bytes; index: empty for the table's own
//   life    := home 'e' text(name)                               TimeToLiveSpecification, JSON
//   copies  := home 'k' text(name)                               DescribeKinesisStreamingDestinationOutput, JSON
//   expiry  := home 'y' text(table id) u64(milliseconds) place   empty; time_to_live.h
//   size    := home 'z' text(table id) place                     bytes of an item collection, where it has a limit
//   stream  := home 's' text(table name) text(label)             StreamDescription, JSON
//   log     := home 'l' text(table name) text(label) text(shard id)   a shardlog of stream_record.h
//
// A part is an S or B attribute as text, or an N attribute as Decimal::append_ordered. The hash of the partition key
// comes first, so that partitions are spread evenly over the space, as a parallel Scan wants them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "engine/kv/store.h"
#include "service/dynamodb/value/attribute_value.h"

namespace leat::dynamodb {

struct KeyAttribute {
  std::string name;
  std::string type;  // S, N or B
};

// The key of a table or an index, and what its rows begin with.
struct KeySchema {
  KeyAttribute partition;
  std::optional<KeyAttribute> sort;
  std::string prefix;

  bool has(std::string_view attribute) const {
    return attribute == partition.name || (sort && attribute == sort->name);
  }
};

struct PrimaryKey {
  Item attributes;         // only the key's
  std::string row;         // in the key space
  std::uint32_t hash = 0;  // of the partition key
};

std::string home_key(std::string_view account, std::string_view region, char room);
std::string table_row(std::string_view account, std::string_view region, std::string_view name);
std::string tags_row(std::string_view account, std::string_view region, std::string_view name);
std::string copies_row(std::string_view account, std::string_view region, std::string_view name);
std::string time_to_live_row(std::string_view account, std::string_view region, std::string_view name);
std::string item_prefix(std::string_view account, std::string_view region, std::string_view table_id);
// `room` is 'x' for the entries of an index, 'c' for the sums.
std::string index_prefix(std::string_view account, std::string_view region, char room, std::string_view table_id,
                         std::string_view index);
std::string stream_row(std::string_view account, std::string_view region, std::string_view table,
                       std::string_view label);
std::string log_name(std::string_view account, std::string_view region, std::string_view table, std::string_view label,
                     std::string_view shard_id);

// Appends a key attribute's value in key order.
void append_part(std::string& row, const AttributeValue& value);

// What the rows of one partition begin with.
std::string partition_prefix(const KeySchema& schema, const AttributeValue& partition);

// The part of a row that places it below its schema's prefix.
inline std::string_view place_in(const KeySchema& schema, std::string_view row) {
  return row.substr(schema.prefix.size());
}

// The key's attributes of an item that has them.
Item key_attributes(const KeySchema& schema, const Item& item);

// From a `Key` parameter, which must hold the key's attributes and nothing else.
aws::Result<PrimaryKey> key_from_parameter(const KeySchema& schema, const Item& key);

inline constexpr std::string_view kKeyMismatch = "The provided key element does not match the schema";

// Refuses a key attribute whose value is empty, for those who must tell that from what else is wrong with a key.
aws::Result<void> check_not_empty(const KeySchema& schema, const Item& item);

// From a whole item.
aws::Result<PrimaryKey> key_from_item(const KeySchema& schema, const Item& item);

// Limits of key values, in bytes.
inline constexpr std::size_t kMaxPartitionKey = 2048;
inline constexpr std::size_t kMaxSortKey = 1024;
std::size_t key_size(const AttributeValue& value);

}  // namespace leat::dynamodb
