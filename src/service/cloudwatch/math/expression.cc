#include "service/cloudwatch/math/expression.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "base/encoding.h"
#include "service/cloudwatch/math/cursor.h"

namespace leat::cloudwatch::math {
namespace {

using Parsed = Result<Expression, std::string>;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// Operators from those that bind least; a longer one stands before its beginning.
constexpr std::size_t kLevels = 5;
constexpr std::array<std::array<std::string_view, 6>, kLevels> kOperators{{
    {"||"},
    {"&&"},
    {"==", "!=", "<=", ">=", "<", ">"},
    {"+", "-"},
    {"*", "/"},
}};

class Parser : Cursor {
 public:
  explicit Parser(std::string_view text) : Cursor(text), whole_(text) {}

  Parsed whole() {
    auto out = binary(0);
    skip_space();
    if (out && !rest_.empty()) return unexpected_text();
    return out;
  }

 private:
  std::unexpected<std::string> unexpected_text() const {
    return std::unexpected(fmt::format("Syntax error at position {}", whole_.size() - rest_.size()));
  }

  // AND and OR are words, or signs.
  bool take_word(std::string_view word) {
    skip_space();
    const std::string_view there = rest_.substr(0, word.size());
    if (lower_case(there) != word || (rest_.size() > word.size() && is_name(rest_[word.size()]))) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  std::string_view take_operator(std::size_t level) {
    if (level == 0 && take_word("or")) return "||";
    if (level == 1 && take_word("and")) return "&&";
    for (const auto symbol : kOperators[level]) {
      if (!symbol.empty() && take(symbol)) return symbol;
    }
    return {};
  }

  Parsed binary(std::size_t level) {
    if (level == kLevels) return power();
    auto left = binary(level + 1);
    while (left) {
      const auto symbol = take_operator(level);
      if (symbol.empty()) break;
      auto right = binary(level + 1);
      if (!right) return right;
      left = Expression{Expression::Kind::kOperation, 0, std::string(symbol), {std::move(*left), std::move(*right)}};
    }
    return left;
  }

  Parsed power() {
    auto left = primary();
    if (!left || !take("^")) return left;
    const Depth depth(*this);
    if (depth.too_deep()) return std::unexpected("The expression is nested too deeply");
    auto right = power();
    if (!right) return right;
    return Expression{Expression::Kind::kOperation, 0, "^", {std::move(*left), std::move(*right)}};
  }

  // A stranger's text must not use up the stack.
  class Depth {
   public:
    explicit Depth(Parser& parser) : parser_(parser) { ++parser_.depth_; }
    ~Depth() { --parser_.depth_; }
    bool too_deep() const { return parser_.depth_ > 100; }

   private:
    Parser& parser_;
  };

  Parsed primary() {
    const Depth depth(*this);
    if (depth.too_deep()) return std::unexpected("The expression is nested too deeply");
    if (take("-")) {
      auto operand = primary();
      if (!operand) return operand;
      return Expression{Expression::Kind::kOperation, 0, "-", {std::move(*operand)}};
    }
    if (take("(") || take("[")) return list();
    if (rest_.empty()) return unexpected_text();
    if (rest_.front() == '\'' || rest_.front() == '"') return quoted();
    if (is_digit(rest_.front()) || rest_.front() == '.') return number();
    if (is_name(rest_.front())) return name_or_call();
    return unexpected_text();
  }

  // (a) is a; [a, b] is a list of series, written as the call of a function without a name.
  Parsed list() {
    const bool array = whole_[whole_.size() - rest_.size() - 1] == '[';
    Expression out{Expression::Kind::kCall, 0, "", {}};
    do {
      auto each = binary(0);
      if (!each) return each;
      out.operands.push_back(std::move(*each));
    } while (array && take(","));
    if (!take(array ? "]" : ")")) return unexpected_text();
    return array ? std::move(out) : std::move(out.operands.front());
  }

  Parsed quoted() {
    const char quote = rest_.front();
    const auto end = rest_.find(quote, 1);
    if (end == std::string_view::npos) return unexpected_text();
    Expression out{Expression::Kind::kText, 0, std::string(rest_.substr(1, end - 1)), {}};
    rest_.remove_prefix(end + 1);
    return out;
  }

  Parsed number() {
    Expression out;
    const auto [end, problem] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), out.number);
    if (problem != std::errc()) return unexpected_text();
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return out;
  }

  Parsed name_or_call() {
    std::size_t size = 0;
    while (size < rest_.size() && is_name(rest_[size])) ++size;
    Expression out{Expression::Kind::kName, 0, std::string(rest_.substr(0, size)), {}};
    rest_.remove_prefix(size);
    if (!take("(")) return out;
    out.kind = Expression::Kind::kCall;
    out.text = lower_case(out.text);
    if (take(")")) return out;
    do {
      auto argument = binary(0);
      if (!argument) return argument;
      out.operands.push_back(std::move(*argument));
    } while (take(","));
    if (!take(")")) return unexpected_text();
    return out;
  }

  const std::string_view whole_;
  int depth_ = 0;
};

}  // namespace

Parsed parse(std::string_view text) { return Parser(text).whole(); }

}  // namespace leat::cloudwatch::math
