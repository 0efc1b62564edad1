#pragma once
// PartiQL for DynamoDB: statements, read into what expressions are made of.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/error.h"
#include "service/dynamodb/expression/ast.h"

namespace leat::dynamodb::partiql {

struct Statement {
  enum class Kind : std::uint8_t { kSelect, kInsert, kUpdate, kDelete, kExists };
  struct Order {
    std::string attribute;
    bool descending;
  };

  Kind kind = Kind::kSelect;
  std::string table;
  std::optional<std::string> index;
  std::optional<expression::Condition> where;
  expression::Projection projection;  // empty for *
  std::vector<Order> order;
  Item item;                  // of INSERT
  expression::Update update;  // of UPDATE
  std::string returning;      // "ALL OLD", "MODIFIED NEW", …; empty where nothing is wanted

  bool reads() const { return kind == Kind::kSelect; }

  // What conditions and updates refer to.
  std::vector<std::unique_ptr<const AttributeValue>> values;
};

// ValidationException where the statement is not well formed, or does not have as many parameters as are given.
aws::Result<Statement> parse(std::string_view text, const std::optional<std::vector<AttributeValue>>& parameters);

}  // namespace leat::dynamodb::partiql
