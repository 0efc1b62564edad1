#pragma once
// What GetItem, BatchGetItem and TransactGetItems have in common.

#include <optional>

#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/expression/evaluate.h"
#include "service/dynamodb/expression/parser.h"
#include "service/dynamodb/query/legacy.h"
#include "service/dynamodb/query/parameters.h"
#include "service/dynamodb/value/returned_item.h"

namespace leat::dynamodb {

// ProjectionExpression or AttributesToGet; nothing where neither is given.
template <class Input>
aws::Result<std::optional<expression::Projection>> read_projection(const Input& input, aws::Layer layer) {
  bool legacy = false;
  if constexpr (requires { input.attributes_to_get; }) legacy = input.attributes_to_get.has_value();
  TRY_VOID(check_parameters({{{"ProjectionExpression", input.projection_expression.has_value()}},
                             {{"AttributesToGet", legacy}},
                             input.expression_attribute_names.has_value()},
                            layer));
  if constexpr (requires { input.attributes_to_get; }) {
    if (legacy) return TRY(legacy::read_attributes(*input.attributes_to_get));
  }
  if (!input.projection_expression) return std::nullopt;
  const std::optional<Item> no_values;
  expression::Names names(input.expression_attribute_names, no_values, layer);
  TRY_VOID(names.check());
  auto projection = TRY(expression::parse_projection(*input.projection_expression, names));
  TRY_VOID(names.check_all_used());
  return projection;
}

inline ReturnedItem projected(const std::optional<expression::Projection>& projection, StoredItem item) {
  if (!projection) return item;
  return expression::project(*projection, item.item());
}

}  // namespace leat::dynamodb
