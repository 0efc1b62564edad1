#pragma once
// Tokens of expressions.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace leat::dynamodb::expression {

struct Token {
  enum class Kind : std::uint8_t { kIdentifier, kName, kValue, kNumber, kSymbol, kEnd };
  Kind kind;
  std::string_view text;  // in the expression; "<EOF>" at its end
  std::size_t begin;
  std::size_t end;
};

// Ends with a kEnd token. The error is AWS's message.
Result<std::vector<Token>, std::string> tokenize(std::string_view expression);

// `Syntax error; token: "x", near: "a x b"`
std::string syntax_error(std::string_view expression, const std::vector<Token>& tokens, std::size_t at);

// Any case.
bool is_reserved_word(std::string_view word);

}  // namespace leat::dynamodb::expression
