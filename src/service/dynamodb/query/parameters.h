#pragma once
// What all requests with expressions are checked for first: which parameters may stand together.

#include <initializer_list>
#include <string_view>

#include "aws/error.h"

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
aws::Result<void> check_parameters(const ParameterUse& use);

}  // namespace leat::dynamodb
