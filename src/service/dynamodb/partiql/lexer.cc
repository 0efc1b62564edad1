#include "service/dynamodb/partiql/lexer.h"

#include <fmt/format.h>

#include <optional>

namespace leat::dynamodb::partiql {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// 'it''s' and "a ""name""": the quote itself is written twice. Moves `at` behind the closing quote.
std::optional<std::string> quoted(std::string_view text, std::size_t& at) {
  const char quote = text[at++];
  std::string out;
  while (at < text.size()) {
    const char c = text[at++];
    if (c != quote) {
      out.push_back(c);
    } else if (at < text.size() && text[at] == quote) {
      out.push_back(text[at++]);
    } else {
      return out;
    }
  }
  return std::nullopt;
}

// 12, 1.5, .5, 1e-3
std::size_t number_end(std::string_view text, std::size_t at) {
  while (at < text.size() && (is_digit(text[at]) || text[at] == '.')) ++at;
  if (at >= text.size() || (text[at] | 32) != 'e') return at;
  std::size_t exponent = at + 1;
  if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
  if (exponent >= text.size() || !is_digit(text[exponent])) return at;
  while (exponent < text.size() && is_digit(text[exponent])) ++exponent;
  return exponent;
}

std::size_t symbol_size(std::string_view rest) {
  for (std::string_view two : {"<<", ">>", "<>", "!=", "<=", ">="}) {
    if (rest.starts_with(two)) return 2;
  }
  return std::string_view("=<>()[]{}.,:?+-*;").find(rest[0]) == std::string_view::npos ? 0 : 1;
}

}  // namespace

Result<std::vector<Token>, std::string> tokenize(std::string_view statement) {
  using Kind = Token::Kind;
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (true) {
    while (at < statement.size() && is_space(statement[at])) ++at;
    if (at == statement.size()) break;
    const std::size_t begin = at;
    const char c = statement[at];
    if (c == '\'' || c == '"') {
      auto text = quoted(statement, at);
      if (!text) return std::unexpected(fmt::format("Unclosed quote at [{}]", begin));
      tokens.push_back({c == '"' ? Kind::kName : Kind::kText, std::move(*text), begin});
      continue;
    }
    Kind kind = Kind::kSymbol;
    if (is_letter(c)) {
      kind = Kind::kWord;
      while (at < statement.size() && (is_letter(statement[at]) || is_digit(statement[at]))) ++at;
    } else if (is_digit(c) || (c == '.' && begin + 1 < statement.size() && is_digit(statement[begin + 1]) &&
                               (tokens.empty() || tokens.back().kind == Kind::kSymbol))) {
      kind = Kind::kNumber;
      at = number_end(statement, at);
    } else {
      at += symbol_size(statement.substr(at));
    }
    if (at == begin) return std::unexpected(fmt::format("Unexpected character '{}' at [{}]", c, begin));
    tokens.push_back({kind, std::string(statement.substr(begin, at - begin)), begin});
  }
  tokens.push_back({Kind::kEnd, "EOF", statement.size()});
  return tokens;
}

}  // namespace leat::dynamodb::partiql
