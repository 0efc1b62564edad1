#pragma once
// What expressions are made of. Names and values are already resolved.

#include <string>
#include <variant>
#include <vector>

#include "service/dynamodb/value/attribute_value.h"

namespace leat::dynamodb::expression {

// a.b[2]: a name, or an index into a list.
using PathElement = std::variant<std::string, std::size_t>;
using Path = std::vector<PathElement>;

// "[a, b, [2]]", as AWS prints paths in messages.
std::string describe(const Path& path);

const AttributeValue* find(const Item& item, const Path& path);

struct Operand {
  enum class Kind : std::uint8_t { kPath, kValue, kSize, kIfNotExists, kListAppend, kPlus, kMinus };
  Kind kind = Kind::kPath;
  Path path;                              // kPath, and the first operand of kIfNotExists
  const AttributeValue* value = nullptr;  // kValue: a value of the request
  std::vector<Operand> operands;          // of functions and arithmetic
};

struct Condition {
  enum class Kind : std::uint8_t {
    kAnd,
    kOr,
    kNot,
    kEqual,
    kNotEqual,
    kLess,
    kLessOrEqual,
    kGreater,
    kGreaterOrEqual,
    kBetween,
    kIn,
    kExists,
    kNotExists,
    kType,
    kBeginsWith,
    kContains,
  };
  Kind kind;
  std::vector<Condition> conditions;  // of kAnd, kOr, kNot
  std::vector<Operand> operands;      // of the others
};

struct UpdateAction {
  enum class Kind : std::uint8_t { kSet, kRemove, kAdd, kDelete };
  Kind kind;
  Path path;
  Operand value;  // of all but kRemove
};
using Update = std::vector<UpdateAction>;

using Projection = std::vector<Path>;

}  // namespace leat::dynamodb::expression
