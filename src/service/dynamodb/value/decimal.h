#pragma once
// DynamoDB's numbers: exact decimals of up to 38 significant digits, 1E-130 to 9.99…E+125 in magnitude.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html

#include <string>
#include <string_view>

#include "base/result.h"

namespace leat::dynamodb {

// Value = 0.d1d2d3… × 10^exponent. Zero has no digits.
struct Decimal {
  bool negative = false;
  int exponent = 0;
  std::string digits;  // '0' to '9', neither leading nor trailing zeros

  // The error is DynamoDB's message.
  static Result<Decimal, std::string> parse(std::string_view text);

  // Plain notation without an exponent, as DynamoDB answers: "-12.5", "0.001".
  std::string text() const;

  // Appends bytes whose order is the numeric order.
  void append_ordered(std::string& out) const;
  // Removes what append_ordered() wrote from the front of `bytes`.
  static Decimal take_ordered(std::string_view& bytes);
};

// What the older layer of validation says where parse() says `current`: it reads numbers as Java's BigDecimal does.
// Empty where it says the same.
std::string older_problem(std::string_view text, std::string_view current);

// Negative, zero or positive, as left is less than, equal to or greater than right.
int compare(const Decimal& left, const Decimal& right);

// The error is DynamoDB's message for a result outside the range or with more than 38 digits.
Result<Decimal, std::string> add(const Decimal& left, const Decimal& right);
Result<Decimal, std::string> subtract(const Decimal& left, const Decimal& right);

}  // namespace leat::dynamodb
