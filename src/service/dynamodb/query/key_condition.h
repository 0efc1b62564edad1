#pragma once
// A KeyConditionExpression as a range of rows.

#include <string_view>

#include "aws/error.h"
#include "engine/kv/store.h"
#include "service/dynamodb/expression/parser.h"
#include "service/dynamodb/table/key.h"

namespace leat::dynamodb {

struct KeyRange {
  kv::Range range;
  std::string partition;  // what all rows of the partition begin with
};
aws::Result<KeyRange> key_range(const KeySchema& schema, const expression::Condition& condition);

}  // namespace leat::dynamodb
