#include "service/dynamodb/expression/lexer.h"

#include <fmt/format.h>

#include <algorithm>

namespace leat::dynamodb::expression {
namespace {

constexpr std::string_view kReservedWords[] = {
#include "service/dynamodb/expression/reserved_words.inc"
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '_'; }

std::size_t word_end(std::string_view text, std::size_t from) {
  while (from < text.size() && is_word(text[from])) ++from;
  return from;
}

std::size_t symbol_size(std::string_view rest) {
  for (std::string_view two : {"<>", "<=", ">="}) {
    if (rest.starts_with(two)) return 2;
  }
  return std::string_view("=<>()[].,+-").find(rest[0]) == std::string_view::npos ? 0 : 1;
}

}  // namespace

Result<std::vector<Token>, std::string> tokenize(std::string_view expression) {
  using Kind = Token::Kind;
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (true) {
    while (at < expression.size() && std::string_view(" \t\r\n").find(expression[at]) != std::string_view::npos) ++at;
    if (at == expression.size()) break;
    const char c = expression[at];
    Kind kind = Kind::kSymbol;
    std::size_t end = at;
    if (is_letter(c)) {
      kind = Kind::kIdentifier;
      end = word_end(expression, at);
    } else if (is_digit(c)) {
      kind = Kind::kNumber;
      while (end < expression.size() && is_digit(expression[end])) ++end;
    } else if ((c == '#' || c == ':') && word_end(expression, at + 1) > at + 1) {
      kind = c == '#' ? Kind::kName : Kind::kValue;
      end = word_end(expression, at + 1);
    } else {
      end = at + symbol_size(expression.substr(at));
    }
    if (end == at && c == '_') {  // no name begins with it
      const std::size_t before = tokens.empty() ? at : tokens.back().begin;
      return std::unexpected(fmt::format("Syntax error; token: \"_\", near: \"{}\"",
                                         expression.substr(before, word_end(expression, at) - before)));
    }
    if (end == at) {
      return std::unexpected(
          fmt::format("Syntax error; token: \"{}\", near: \"{}\"", c, expression.substr(at > 5 ? at - 5 : 0, 11)));
    }
    tokens.push_back({kind, expression.substr(at, end - at), at, end});
    at = end;
  }
  tokens.push_back({Kind::kEnd, "<EOF>", expression.size(), expression.size()});
  return tokens;
}

std::string syntax_error(std::string_view expression, const std::vector<Token>& tokens, std::size_t at) {
  const std::size_t first = tokens[at > 0 ? at - 1 : 0].begin;
  const std::size_t last = tokens[std::min(at + 1, tokens.size() - 1)].end;
  return fmt::format("Syntax error; token: \"{}\", near: \"{}\"", tokens[at].text,
                     expression.substr(first, last - first));
}

bool is_reserved_word(std::string_view word) {
  std::string upper(word);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return std::binary_search(std::begin(kReservedWords), std::end(kReservedWords), std::string_view(upper));
}

}  // namespace leat::dynamodb::expression
