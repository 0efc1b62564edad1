#pragma once
// Expressions over metrics, from text.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace leat::cloudwatch::math {

struct Expression {
  enum class Kind : std::uint8_t { kNumber, kText, kName, kCall, kOperation };
  Kind kind = Kind::kNumber;
  double number = 0;
  std::string text;  // of a text; a name; a function's name, in small letters; an operator: + == &&
  std::vector<Expression> operands = {};  // arguments; one of a sign
};

// The error is a message.
Result<Expression, std::string> parse(std::string_view text);

}  // namespace leat::cloudwatch::math
