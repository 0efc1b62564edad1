#include "service/dynamodb/table/index.h"

#include <fmt/format.h>

#include <algorithm>

#include "service/dynamodb/table/table.h"
#include "service/dynamodb/value/item_codec.h"
#include "service/dynamodb/value/stored_item.h"

namespace leat::dynamodb {
namespace {

std::unexpected<aws::Error> refuse(std::string message) {
  return aws::fail(aws::errors::kValidation, std::move(message));
}

}  // namespace

aws::Result<void> check_index_key(const Index& index, const KeyAttribute& attribute, const AttributeValue* value) {
  if (!value) return {};
  const bool sorts = index.key.sort && index.key.sort->name == attribute.name;
  const std::size_t limit = sorts ? kMaxSortKey : kMaxPartitionKey;
  if (value->type() != attribute.type) {
    return refuse(fmt::format(
        "One or more parameter values were invalid: Type mismatch for Index Key {} Expected: {} Actual: {} IndexName: "
        "{}",
        attribute.name, attribute.type, value->type(), index.name));
  }
  const std::size_t size = key_size(*value);
  if (size == 0) {
    return refuse(fmt::format(
        "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The "
        "AttributeValue for a key attribute cannot contain an empty {} value. IndexName: {}, IndexKey: {}",
        attribute.type == "B" ? "binary" : "string", index.name, attribute.name));
  }
  if (size > limit) {
    return refuse(fmt::format(
        "One or more parameter values were invalid: Size of {} has exceeded the maximum size limit of {} bytes. "
        "IndexName: {}, IndexKey: {}",
        sorts ? "rangekey" : "hashkey", limit, index.name, attribute.name));
  }
  return {};
}

bool Index::projects(std::string_view attribute) const {
  return projects_all || std::binary_search(attributes.begin(), attributes.end(), attribute);
}

std::optional<std::string> entry_row(const Index& index, const StoredItem& item, std::string_view place) {
  const auto key_value = [&](const KeyAttribute& attribute) {
    auto value = item.attribute(attribute.name);
    if (value && (value->type() != attribute.type || key_size(*value) == 0)) value.reset();
    return value;
  };
  const auto partition = key_value(index.key.partition);
  if (!partition) return std::nullopt;
  std::string row = partition_prefix(index.key, *partition);
  if (index.key.sort) {
    const auto sort = key_value(*index.key.sort);
    if (!sort) return std::nullopt;
    append_part(row, *sort);
  }
  row += place;
  return row;
}

std::string entry_value(const Index& index, const StoredItem& item) {
  return index.projects_all ? std::string(item.bytes()) : project_stored(item.bytes(), index.attributes);
}

aws::Result<void> check_index_keys(const Table& table, const StoredItem& item) {
  const auto check = [&](const Index& index, const KeyAttribute& attribute) {
    const auto value = item.attribute(attribute.name);
    return check_index_key(index, attribute, value ? &*value : nullptr);
  };
  for (const Index& index : table.indexes) {
    TRY_VOID(check(index, index.key.partition));
    if (index.key.sort) TRY_VOID(check(index, *index.key.sort));
  }
  return {};
}

}  // namespace leat::dynamodb
