#pragma once
// What expressions mean for an item.

#include "service/dynamodb/expression/ast.h"

namespace leat::dynamodb::expression {

bool holds(const Condition& condition, const Item& item);

// The named parts of `item`, in their places: maps keep their names, lists close up.
Item project(const Projection& projection, const Item& item);

// `item` after the update; every operand reads the item as it was. The error is AWS's message.
Result<Item, std::string> apply(const Update& update, const Item& item);

}  // namespace leat::dynamodb::expression
