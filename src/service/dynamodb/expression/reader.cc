#include "service/dynamodb/expression/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

// The order and wording of errors: dynalite's recordings (db/conditionParser.js, db/updateParser.js).

namespace leat::dynamodb::expression {
namespace {

using OperandKind = Operand::Kind;

constexpr std::size_t kMaxPath = 32;  // elements

}  // namespace

bool same_word(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return (a | 32) == (b | 32); });
}

std::string_view known_type(const Operand& operand) {
  if (operand.kind == OperandKind::kValue) return operand.value->type();
  return operand.kind == OperandKind::kSize || operand.kind == OperandKind::kPlus || operand.kind == OperandKind::kMinus
             ? "N"
             : "";
}

Parsed<Projection> Reader::whole_projection() {
  Projection out;
  do out.push_back(TRY(path()));
  while (take(","));
  if (!at_end()) return unexpected_token();
  std::vector<const Path*> paths;
  for (const Path& each : out) paths.push_back(&each);
  TRY_VOID(check_overlap(paths));
  return out;
}

bool Reader::is_word(std::string_view word) const {
  return token().kind == Token::Kind::kIdentifier && same_word(token().text, word);
}

bool Reader::at_function() const {
  return token().kind == Token::Kind::kIdentifier && tokens_[at_ + 1].kind == Token::Kind::kSymbol &&
         tokens_[at_ + 1].text == "(";
}

Parsed<std::vector<Operand>> Reader::arguments() {
  std::vector<Operand> out;
  if (!take("(")) return unexpected_token();
  do out.push_back(TRY(operand()));
  while (take(","));
  if (!take(")")) return unexpected_token();
  return out;
}

Parsed<void> Reader::check_count(std::string_view name, const std::vector<Operand>& operands, std::size_t wanted) {
  if (operands.size() == wanted) return {};
  return error(fmt::format(
      "Incorrect number of operands for operator or function; operator or function: {}, number of operands: {}", name,
      operands.size()));
}

std::unexpected<std::string> Reader::wrong_operand(std::string_view name, std::string_view type) {
  return error(fmt::format(
      "Incorrect operand type for operator or function; operator or function: {}, operand type: {}", name, type));
}

Parsed<Operand> Reader::operand() {
  if (token().kind == Token::Kind::kValue) return value();
  if (take("(")) {
    if (is("(")) return error("The expression has redundant parentheses;");
    Operand out = TRY(operand());
    if (!take(")")) return unexpected_token();
    return out;
  }
  if (!at_function()) {
    Operand out;
    out.path = TRY(path());
    return out;
  }
  const std::string name(token().text);
  if (name != "size") {
    for (std::string_view known :
         {"attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains"}) {
      if (name == known)
        return error("The function is not allowed to be used this way in an expression; function: " + name);
    }
    return error("Invalid function name; function: " + name);
  }
  ++at_;
  Operand out;
  out.kind = OperandKind::kSize;
  out.operands = TRY(arguments());
  TRY_VOID(check_count(name, out.operands, 1));
  const std::string_view type = known_type(out.operands[0]);
  if (type == "N" || type == "BOOL" || type == "NULL") return wrong_operand(name, type);
  return out;
}

Parsed<Operand> Reader::value() {
  Operand out;
  out.kind = OperandKind::kValue;
  out.value = names_.value(token().text);
  if (!out.value) {
    return error(fmt::format("An expression attribute value used in expression is not defined; attribute value: {}",
                             token().text));
  }
  ++at_;
  return out;
}

Parsed<Path> Reader::path() {
  Path out;
  out.push_back(TRY(path_name()));
  while (true) {
    if (take(".")) {
      out.push_back(TRY(path_name()));
    } else if (take("[")) {
      std::size_t index = 0;
      if (token().kind != Token::Kind::kNumber) return unexpected_token();
      const auto parsed = std::from_chars(token().text.data(), token().text.data() + token().text.size(), index);
      if (parsed.ec != std::errc() || index > std::numeric_limits<std::int32_t>::max()) {
        return error(fmt::format("List index is not within the allowable range; index: [{}]", token().text));
      }
      ++at_;
      if (!take("]")) return unexpected_token();
      out.emplace_back(index);
    } else {
      if (out.size() > kMaxPath)
        return error("The document path has too many nesting elements; nesting levels: " + std::to_string(out.size()));
      return out;
    }
  }
}

Parsed<std::string> Reader::path_name() {
  const Token& name = token();
  if (name.kind == Token::Kind::kName) {
    const std::string* resolved = names_.name(name.text);
    if (!resolved) {
      return error(fmt::format(
          "An expression attribute name used in the document path is not defined; attribute name: {}", name.text));
    }
    ++at_;
    return *resolved;
  }
  if (name.kind != Token::Kind::kIdentifier) return unexpected_token();
  if (is_reserved_word(name.text)) {
    return error(fmt::format("Attribute name is a reserved keyword; reserved keyword: {}", name.text));
  }
  ++at_;
  return std::string(name.text);
}

Parsed<void> check_overlap(const std::vector<const Path*>& paths) {
  for (std::size_t i = 0; i < paths.size(); ++i) {
    for (std::size_t k = i + 1; k < paths.size(); ++k) {
      const Path &left = *paths[i], &right = *paths[k];
      std::size_t same = 0;
      while (same < left.size() && same < right.size() && left[same] == right[same]) ++same;
      const bool inside = same == left.size() || same == right.size();
      const bool mixed = !inside && left[same].index() != right[same].index();
      if (!inside && !mixed) continue;
      return error(
          fmt::format("Two document paths {} with each other; must remove or rewrite one of these paths; path one: {}, "
                      "path two: {}",
                      inside ? "overlap" : "conflict", describe(left), describe(right)));
    }
  }
  return {};
}

aws::Result<Projection> parse_projection(std::string_view text, Names& names) {
  return read_expression("ProjectionExpression", text, names, &Reader::whole_projection);
}

}  // namespace leat::dynamodb::expression
