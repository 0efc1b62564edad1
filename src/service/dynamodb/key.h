#pragma once
// Primary keys, and where everything of DynamoDB lies in the key space.
//
//   home    := text(account) text(region) 'd'
//   table   := home 't' text(name)                               TableDescription, JSON
//   tags    := home 'g' text(name)                               ListTagsOfResourceOutput, JSON
//   item    := home 'i' text(table id) u32(hash) part [ part ]   item_codec.h
//   stream  := home 's' text(table name) text(label)             StreamDescription, JSON
//   log     := home 'l' text(table name) text(label) u32(shard)    a shardlog of stream_record.h
//
// A part is an S or B attribute as text, or an N attribute as Decimal::append_ordered. The hash of the partition key
// comes first, so that partitions are spread evenly over the space, as a parallel Scan wants them.

#include <cstdint>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "engine/kv/store.h"
#include "service/dynamodb/attribute_value.h"

namespace leat::dynamodb {

struct Table;
struct KeyAttribute {
  std::string name;
  std::string type;  // S, N or B
};

struct PrimaryKey {
  Item attributes;         // only the key's
  std::string row;         // in the key space
  std::uint32_t hash = 0;  // of the partition key
};

std::string home_key(std::string_view account, std::string_view region, char room);
std::string table_row(std::string_view account, std::string_view region, std::string_view name);
std::string tags_row(std::string_view account, std::string_view region, std::string_view name);
std::string item_prefix(std::string_view account, std::string_view region, std::string_view table_id);
std::string stream_row(std::string_view account, std::string_view region, std::string_view table,
                       std::string_view label);
std::string log_name(std::string_view account, std::string_view region, std::string_view table, std::string_view label,
                     std::uint32_t shard);

// Appends a key attribute's value in key order.
void append_part(std::string& row, const AttributeValue& value);

// All items of one partition.
std::string partition_prefix(const Table& table, const AttributeValue& partition);

// From a `Key` parameter, which must hold the key's attributes and nothing else.
aws::Result<PrimaryKey> key_from_parameter(const Table& table, const Item& key);

// From a whole item.
aws::Result<PrimaryKey> key_from_item(const Table& table, const Item& item);

}  // namespace leat::dynamodb
