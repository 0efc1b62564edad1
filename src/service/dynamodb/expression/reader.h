#pragma once
// What conditions, updates and projections are read with: tokens, paths, values and the operands that they share.

#include <string>
#include <string_view>
#include <vector>

#include "service/dynamodb/expression/lexer.h"
#include "service/dynamodb/expression/parser.h"

namespace leat::dynamodb::expression {

// The error is AWS's message.
template <class T>
using Parsed = Result<T, std::string>;

inline std::unexpected<std::string> error(std::string message) { return std::unexpected(std::move(message)); }

// The type that an operand has whatever the item holds, or an empty view.
std::string_view known_type(const Operand& operand);

// Whatever their letters' case.
bool same_word(std::string_view left, std::string_view right);

class Reader {
 public:
  Reader(std::string_view text, std::vector<Token> tokens, Names& names)
      : text_(text), tokens_(std::move(tokens)), names_(names) {}

  Parsed<Projection> whole_projection();

 protected:
  const Token& token() const { return tokens_[at_]; }
  bool at_end() const { return token().kind == Token::Kind::kEnd; }
  bool is(std::string_view symbol) const { return token().kind == Token::Kind::kSymbol && token().text == symbol; }
  bool is_word(std::string_view word) const;
  bool take(std::string_view symbol) { return is(symbol) && ++at_; }
  bool take_word(std::string_view word) { return is_word(word) && ++at_; }
  bool at_function() const;
  std::unexpected<std::string> unexpected_token() const { return error(syntax_error(text_, tokens_, at_)); }

  // A path, a value or size(…).
  Parsed<Operand> operand();
  Parsed<Operand> value();
  Parsed<Path> path();
  Parsed<std::vector<Operand>> arguments();

  static Parsed<void> check_count(std::string_view name, const std::vector<Operand>& operands, std::size_t wanted);
  static std::unexpected<std::string> wrong_operand(std::string_view name, std::string_view type);

  std::string_view text_;
  std::vector<Token> tokens_;
  Names& names_;
  std::size_t at_ = 0;

 private:
  Parsed<std::string> path_name();
};

// Reads a whole expression of `parameter`, from its size to its end.
template <class T, class Kind>
aws::Result<T> read_expression(std::string_view parameter, std::string_view text, Names& names,
                               Parsed<T> (Kind::*whole)()) {
  constexpr std::size_t kMaxExpressionSize = 4096;
  const auto refuse = [&](const std::string& message) {
    return aws::fail(aws::errors::kValidation, "Invalid " + std::string(parameter) + ": " + message);
  };
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return refuse("The expression can not be empty;");
  if (text.size() > kMaxExpressionSize) {
    std::string message = "Expression size has exceeded the maximum allowed size;";
    if (parameter != "UpdateExpression") message += " expression size: " + std::to_string(text.size());
    return refuse(message);
  }
  auto tokens = tokenize(text);
  if (!tokens) return refuse(tokens.error());
  Kind reader(text, std::move(*tokens), names);
  auto result = (reader.*whole)();
  if (!result) return refuse(result.error());
  return std::move(*result);
}

// Two paths of one expression may not name the same place, nor one a place inside the other's, nor use one value as
// both a map and a list.
Parsed<void> check_overlap(const std::vector<const Path*>& paths);

}  // namespace leat::dynamodb::expression
