#pragma once
// The stored form of items, in tables and in stream records.
//
//   stored := version(1 byte, 2) size map      size: of the item as DynamoDB counts it, LEB128
//   map    := count { name value }            count and lengths are LEB128
//   name   := length bytes
//   value  := tag(1 byte) payload             tag: the alternative of AttributeValue::Variant
//     NULL -   BOOL 1 byte   N, S, B length bytes   L count { value }   M map   SS, NS, BS count { length bytes }

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/dynamodb/value/attribute_value.h"

namespace leat::dynamodb {

// Equal items have equal bytes.
std::string encode_item(const Item& item);

// The item's size, without decoding it; 0 where there is none.
std::size_t stored_size(std::string_view stored);

// One attribute of a stored item, without decoding the others; nothing where it has none of that name.
std::optional<AttributeValue> stored_attribute(std::string_view stored, std::string_view name);

// The stored form of those attributes of a stored item that `names`, sorted, has.
std::string project_stored(std::string_view stored, const std::vector<std::string>& names);

// Appends the JSON of a stored item, as append_json() would of the decoded one.
void append_stored_json(std::string_view stored, std::string& out);

// Throws kv::StoreFailure where the bytes are damaged.
Item decode_item(std::string_view stored);

}  // namespace leat::dynamodb
