#pragma once
// The stored form of items, in tables and in stream records.
//
//   stored := version(1 byte, 1) map
//   map    := count { name value }            count and lengths are LEB128
//   name   := length bytes
//   value  := tag(1 byte) payload             tag: the alternative of AttributeValue::Variant
//     NULL -   BOOL 1 byte   N, S, B length bytes   L count { value }   M map   SS, NS, BS count { length bytes }

#include <string>
#include <string_view>

#include "service/dynamodb/attribute_value.h"

namespace leat::dynamodb {

// Equal items have equal bytes.
std::string encode_item(const Item& item);

// Throws kv::StoreFailure where the bytes are damaged.
Item decode_item(std::string_view stored);

}  // namespace leat::dynamodb
