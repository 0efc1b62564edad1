#include "service/dynamodb/table/key.h"

#include <fmt/format.h>

#include "base/stable_hash.h"
#include "engine/kv/key.h"
#include "service/dynamodb/value/decimal.h"

namespace leat::dynamodb {
namespace {

std::unexpected<aws::Error> refuse(std::string message) {
  return aws::fail(aws::errors::kValidation, std::move(message));
}

aws::Result<void> check_value(const KeyAttribute& attribute, const AttributeValue& value) {
  if (key_size(value) > 0) return {};
  return refuse(fmt::format(
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty {} "
      "value. Key: {}",
      attribute.type == "B" ? "binary" : "string", attribute.name));
}

aws::Result<void> check_part(const KeyAttribute& attribute, const AttributeValue& value, bool sort) {
  TRY_VOID(check_value(attribute, value));
  const std::size_t size = key_size(value);
  const std::size_t limit = sort ? kMaxSortKey : kMaxPartitionKey;
  if (size <= limit) return {};
  if (sort) {
    return refuse(
        fmt::format("One or more parameter values were invalid: Aggregated size of all range keys has exceeded the "
                    "size limit of {} bytes",
                    limit));
  }
  return refuse(fmt::format(
      "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of{} bytes",
      limit));
}

aws::Result<PrimaryKey> build(const KeySchema& schema, const Item& from) {
  PrimaryKey key;
  const AttributeValue& partition = *from.find(schema.partition.name);
  TRY_VOID(check_part(schema.partition, partition, false));
  key.row = partition_prefix(schema, partition);
  for (char byte : place_in(schema, key.row).substr(0, 4)) key.hash = key.hash << 8 | static_cast<unsigned char>(byte);
  key.attributes.set(schema.partition.name, partition);
  if (schema.sort) {
    const AttributeValue& sort = *from.find(schema.sort->name);
    TRY_VOID(check_part(*schema.sort, sort, true));
    append_part(key.row, sort);
    key.attributes.set(schema.sort->name, sort);
  }
  return key;
}

}  // namespace

std::size_t key_size(const AttributeValue& value) {
  if (const auto* text = value.get<std::string>()) return text->size();
  if (const auto* binary = value.get<Binary>()) return binary->bytes.size();
  return 1;
}

std::string home_key(std::string_view account, std::string_view region, char room) {
  return kv::home_key(account, region, 'd', room);
}

std::string table_row(std::string_view account, std::string_view region, std::string_view name) {
  return home_key(account, region, 't') + kv::make_key(name);
}

std::string tags_row(std::string_view account, std::string_view region, std::string_view name) {
  return home_key(account, region, 'g') + kv::make_key(name);
}

std::string copies_row(std::string_view account, std::string_view region, std::string_view name) {
  return home_key(account, region, 'k') + kv::make_key(name);
}
std::string time_to_live_row(std::string_view account, std::string_view region, std::string_view name) {
  return home_key(account, region, 'e') + kv::make_key(name);
}

std::string item_prefix(std::string_view account, std::string_view region, std::string_view table_id) {
  return home_key(account, region, 'i') + kv::make_key(table_id);
}

std::string index_prefix(std::string_view account, std::string_view region, char room, std::string_view table_id,
                         std::string_view index) {
  return home_key(account, region, room) + kv::make_key(table_id, index);
}

std::string stream_row(std::string_view account, std::string_view region, std::string_view table,
                       std::string_view label) {
  return home_key(account, region, 's') + kv::make_key(table, label);
}

std::string log_name(std::string_view account, std::string_view region, std::string_view table, std::string_view label,
                     std::string_view shard_id) {
  return home_key(account, region, 'l') + kv::make_key(table, label, shard_id);
}

void append_part(std::string& row, const AttributeValue& value) {
  if (const auto* text = value.get<std::string>())
    kv::append_text(row, *text);
  else if (const auto* binary = value.get<Binary>())
    kv::append_text(row, binary->bytes);
  else
    Decimal::parse(value.get<Number>()->text)->append_ordered(row);
}

std::string partition_prefix(const KeySchema& schema, const AttributeValue& partition) {
  std::string part;
  append_part(part, partition);
  std::string row = schema.prefix;
  kv::append_u32(row, stable_hash(part));
  return row + part;
}

Item key_attributes(const KeySchema& schema, const Item& item) {
  Item key;
  key.set(schema.partition.name, *item.find(schema.partition.name));
  if (schema.sort) key.set(schema.sort->name, *item.find(schema.sort->name));
  return key;
}

aws::Result<void> check_not_empty(const KeySchema& schema, const Item& item) {
  const auto check = [&](const KeyAttribute& attribute) {
    const AttributeValue* value = item.find(attribute.name);
    return value && value->type() == attribute.type ? check_value(attribute, *value) : aws::Result<void>{};
  };
  TRY_VOID(check(schema.partition));
  return schema.sort ? check(*schema.sort) : aws::Result<void>{};
}

aws::Result<PrimaryKey> key_from_parameter(const KeySchema& schema, const Item& key) {
  const auto fits = [&](const KeyAttribute& attribute) {
    const AttributeValue* value = key.find(attribute.name);
    return value && value->type() == attribute.type;
  };
  if (key.size() != (schema.sort ? 2U : 1U) || !fits(schema.partition) || (schema.sort && !fits(*schema.sort))) {
    return refuse(std::string(kKeyMismatch));
  }
  return build(schema, key);
}

aws::Result<PrimaryKey> key_from_item(const KeySchema& schema, const Item& item) {
  for (const KeyAttribute* attribute : {&schema.partition, schema.sort ? &*schema.sort : nullptr}) {
    if (!attribute) continue;
    const AttributeValue* value = item.find(attribute->name);
    if (!value) {
      return refuse(
          fmt::format("One or more parameter values were invalid: Missing the key {} in the item", attribute->name));
    }
    if (value->type() != attribute->type) {
      return refuse(
          fmt::format("One or more parameter values were invalid: Type mismatch for key {} expected: {} actual: {}",
                      attribute->name, attribute->type, value->type()));
    }
  }
  return build(schema, item);
}

}  // namespace leat::dynamodb
