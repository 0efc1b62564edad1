#pragma once
// Expressions from text. All expressions of a request share one Names, which knows what none of them used.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "service/dynamodb/expression/ast.h"

namespace leat::dynamodb::expression {

class Names {
 public:
  using NameMap = std::optional<aws::Map<std::string>>;

  Names(const NameMap& names, const std::optional<Item>& values, aws::Layer layer = aws::Layer::kOlder)
      : names_(names), values_(values), layer_(layer) {}

  aws::Layer layer() const { return layer_; }

  // Refuses empty maps, ill-formed keys and invalid values, as AWS does before it reads an expression.
  aws::Result<void> check() const;

  // Refuses what no expression used.
  aws::Result<void> check_all_used() const;

  const std::string* name(std::string_view placeholder);
  const AttributeValue* value(std::string_view placeholder);

 private:
  const NameMap& names_;
  aws::Result<void> check_values() const;

  const std::optional<Item>& values_;
  aws::Layer layer_;
  std::set<std::string, std::less<>> used_names_;
  std::set<std::string, std::less<>> used_values_;
};

// `parameter` is the request's member, for messages: "Invalid FilterExpression: …".
aws::Result<Condition> parse_condition(std::string_view parameter, std::string_view text, Names& names);
aws::Result<Update> parse_update(std::string_view text, Names& names);
aws::Result<Projection> parse_projection(std::string_view text, Names& names);

}  // namespace leat::dynamodb::expression
