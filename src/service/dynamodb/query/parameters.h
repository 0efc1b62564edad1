#pragma once
// What all requests with expressions are checked for first: which parameters may stand together, and their values.

#include <initializer_list>
#include <string_view>

#include "aws/error.h"
#include "aws/request_rules.h"
#include "service/dynamodb/value/attribute_value.h"

namespace leat::dynamodb {

struct Parameter {
  std::string_view name;
  bool given;
};

// All that an operation has of each kind, in the order in which AWS names them.
struct ParameterUse {
  std::initializer_list<Parameter> expressions;
  std::initializer_list<Parameter> legacy;  // of before 2014
  bool names = false;                       // ExpressionAttributeNames is given
  bool values = false;
};

// Refuses both kinds in one request, and names and values without an expression that could use them.
// The wording: dynalite's recordings (validations/index.js, validateExpressionParams).
aws::Result<void> check_parameters(const ParameterUse& use, aws::Layer layer);

inline constexpr std::string_view kOneError = "1 validation error detected: ";

// What is wrong with a request, as the operation's layer says it.
aws::Error worded(aws::Layer layer, aws::Error error);

// The same of a request with values: where they are nested far too deeply, nobody adds an envelope.
aws::Error worded(aws::Layer layer, aws::Error error, const Item& values);

// Names, numbers, sets and depth of what a request holds. Nothing of it needs a table.
aws::Result<void> check_values(const Item& values, aws::Layer layer);

// The first that check_values() finds, without looking into values.
aws::Result<void> check_attribute_names(const Item& item);

}  // namespace leat::dynamodb
