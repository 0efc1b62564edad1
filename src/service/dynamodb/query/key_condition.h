#pragma once
// A KeyConditionExpression as a range of rows.

#include <map>
#include <string>
#include <vector>

#include "aws/error.h"
#include "engine/kv/store.h"
#include "service/dynamodb/expression/parser.h"
#include "service/dynamodb/table/key.h"

namespace leat::dynamodb {

// One key attribute's condition.
struct KeyPart {
  std::string attribute;
  expression::Condition::Kind kind;
  std::vector<const AttributeValue*> values;
};
using KeyParts = std::map<std::string, KeyPart>;

// What the condition says of each attribute. Checks all that needs no table.
aws::Result<KeyParts> key_parts(const expression::Condition& condition);

struct KeyRange {
  kv::Range range;
  std::string partition;  // what all rows of the partition begin with
};
aws::Result<KeyRange> key_range(const KeySchema& schema, const KeyParts& parts);

}  // namespace leat::dynamodb
