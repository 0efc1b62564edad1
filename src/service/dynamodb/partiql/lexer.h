#pragma once
// Tokens of PartiQL statements.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace leat::dynamodb::partiql {

struct Token {
  // kWord: a keyword or a plain name; kName: "a quoted name"; kText: 'a string', unescaped.
  enum class Kind : std::uint8_t { kWord, kName, kText, kNumber, kSymbol, kEnd };
  Kind kind;
  std::string text;
  std::size_t begin;  // in the statement
};

// Ends with a kEnd token. The error says what is not well formed.
Result<std::vector<Token>, std::string> tokenize(std::string_view statement);

}  // namespace leat::dynamodb::partiql
