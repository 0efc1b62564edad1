#include "service/cloudwatch/math/evaluate.h"

#include <fmt/format.h>

#include <cmath>

#include "service/cloudwatch/math/functions.h"

namespace leat::cloudwatch::math {
namespace {

double apply(std::string_view symbol, double left, double right) {
  if (symbol == "+") return left + right;
  if (symbol == "-") return left - right;
  if (symbol == "*") return left * right;
  if (symbol == "/") return left / right;
  if (symbol == "^") return std::pow(left, right);
  if (symbol == "==") return left == right;
  if (symbol == "!=") return left != right;
  if (symbol == "<") return left < right;
  if (symbol == "<=") return left <= right;
  if (symbol == ">") return left > right;
  if (symbol == ">=") return left >= right;
  if (symbol == "&&") return left != 0 && right != 0;
  return left != 0 || right != 0;
}

// Only the times that both have.
Series combine(std::string_view symbol, const Series& left, const Series& right) {
  Series out{left.label, std::max(left.period, right.period)};
  for (const auto& [time, value] : left.points) {
    const auto other = right.points.find(time);
    if (other != right.points.end()) set_point(out, time, apply(symbol, value, other->second));
  }
  return out;
}

Evaluated operate(std::string_view symbol, const Value& left, const Value& right) {
  const auto* left_number = std::get_if<double>(&left);
  const auto* right_number = std::get_if<double>(&right);
  if (left_number && right_number) return apply(symbol, *left_number, *right_number);
  if (right_number) return each_point(left, [&](double value) { return apply(symbol, value, *right_number); });
  if (left_number) return each_point(right, [&](double value) { return apply(symbol, *left_number, value); });
  const auto* left_series = std::get_if<Series>(&left);
  const auto* right_series = std::get_if<Series>(&right);
  if (left_series && right_series) return combine(symbol, *left_series, *right_series);
  if (right_series) return each_series(left, [&](const Series& each) { return combine(symbol, each, *right_series); });
  if (left_series) {
    return each_series(right, [&](const Series& each) {
      Series out = combine(symbol, *left_series, each);
      out.label = each.label;
      return out;
    });
  }
  return error(fmt::format("Unsupported operand type(s) for {}: both are arrays of time series", symbol));
}

}  // namespace

Evaluated evaluate(const Expression& expression, const Scope& scope) {
  switch (expression.kind) {
    case Expression::Kind::kNumber: return expression.number;
    case Expression::Kind::kText: return error("A text stands where a number or a time series is expected");
    case Expression::Kind::kName: return scope.by_id(expression.text);
    case Expression::Kind::kCall: return call(expression, scope);
    case Expression::Kind::kOperation: break;
  }
  const Value left = TRY(evaluate(expression.operands.front(), scope));
  if (expression.operands.size() == 1) return operate("*", left, Value(-1.0));
  const Value right = TRY(evaluate(expression.operands.back(), scope));
  return operate(expression.text, left, right);
}

}  // namespace leat::cloudwatch::math
