#include <fmt/format.h>

#include <algorithm>

#include "service/dynamodb/expression/reader.h"

// The order and wording of errors: dynalite's recordings (db/conditionParser.js).

namespace leat::dynamodb::expression {
namespace {

using ConditionKind = Condition::Kind;
using OperandKind = Operand::Kind;

constexpr int kMaxNesting = 150;
constexpr std::size_t kMaxOperators = 300;
constexpr std::size_t kMaxInOperands = 100;

std::string describe_value(const AttributeValue& value) {
  std::string json;
  append_json(value, json);
  std::erase(json, '"');
  return "AttributeValue: " + json;
}

class ConditionReader : public Reader {
 public:
  using Reader::Reader;

  Parsed<Condition> whole_condition() {
    Condition out = TRY(disjunction());
    if (!at_end()) return unexpected_token();
    return out;
  }

 private:
  Parsed<Condition> disjunction() {
    return chain(ConditionKind::kOr, "OR", [this] { return conjunction(); });
  }
  Parsed<Condition> conjunction() {
    return chain(ConditionKind::kAnd, "AND", [this] { return negation(); });
  }

  template <class Next>
  Parsed<Condition> chain(ConditionKind kind, std::string_view word, Next next) {
    Condition first = TRY(next());
    if (!is_word(word)) return first;
    Condition out{kind, {}, {}};
    out.conditions.push_back(std::move(first));
    while (take_word(word)) out.conditions.push_back(TRY(next()));
    return out;
  }

  Parsed<Condition> negation() {
    if (++nesting_ > kMaxNesting) return error("The expression has too many nested conditions;");
    if (!take_word("NOT")) {
      Condition out = TRY(primary());
      --nesting_;
      return out;
    }
    Condition out{ConditionKind::kNot, {}, {}};
    out.conditions.push_back(TRY(negation()));
    --nesting_;
    return out;
  }

  Parsed<Condition> primary() {
    if (!is("(") || is_operand_at(at_)) return predicate();
    take("(");
    const bool doubled = is("(");
    const std::size_t begin = at_;
    Condition out = TRY(disjunction());
    if (doubled && closes_at(begin) + 1 == at_) return error("The expression has redundant parentheses;");
    if (!take(")")) return unexpected_token();
    return out;
  }

  // Whether what stands in the parenthesis at `open` is compared with something, and so no condition.
  bool is_operand_at(std::size_t open) const {
    const std::size_t close = closes_at(open);
    return close + 1 < tokens_.size() && compares(tokens_[close + 1]) &&
           std::none_of(tokens_.begin() + open, tokens_.begin() + close, compares);
  }

  static bool compares(const Token& token) {
    static constexpr std::string_view kSymbols[] = {"=", "<>", "<", "<=", ">", ">="};
    if (token.kind == Token::Kind::kSymbol)
      return std::find(std::begin(kSymbols), std::end(kSymbols), token.text) != std::end(kSymbols);
    return token.kind == Token::Kind::kIdentifier && (same_word(token.text, "BETWEEN") || same_word(token.text, "IN"));
  }

  // The token that closes the parenthesis at `open`.
  std::size_t closes_at(std::size_t open) const {
    int depth = 0;
    for (std::size_t i = open; i < tokens_.size(); ++i) {
      if (tokens_[i].kind != Token::Kind::kSymbol) continue;
      if (tokens_[i].text == "(") ++depth;
      if (tokens_[i].text == ")" && --depth == 0) return i;
    }
    return tokens_.size();
  }

  Parsed<Condition> predicate() {
    if (at_function() && token().text != "size") return boolean_function();
    Operand left = TRY(operand());
    if (take_word("BETWEEN")) return between(std::move(left));
    if (take_word("IN")) return membership(std::move(left));
    return comparison(std::move(left));
  }

  Parsed<Condition> boolean_function() {
    const std::string name(token().text);
    static constexpr std::pair<std::string_view, ConditionKind> kFunctions[] = {
        {"attribute_exists", ConditionKind::kExists}, {"attribute_not_exists", ConditionKind::kNotExists},
        {"attribute_type", ConditionKind::kType},     {"begins_with", ConditionKind::kBeginsWith},
        {"contains", ConditionKind::kContains},
    };
    const auto* found = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                     [&](const auto& each) { return each.first == name; });
    if (found == std::end(kFunctions)) {
      if (name == "if_not_exists" || name == "list_append") {
        return error("The function is not allowed in a condition expression; function: " + name);
      }
      return error("Invalid function name; function: " + name);
    }
    ++at_;
    auto operands = TRY(arguments());
    Condition out{found->second, {}, std::move(operands)};
    TRY_VOID(check_function(name, out));
    return out;
  }

  Parsed<void> check_function(std::string_view name, const Condition& condition) {
    const auto& operands = condition.operands;
    const bool unary = condition.kind == ConditionKind::kExists || condition.kind == ConditionKind::kNotExists;
    TRY_VOID(check_count(name, operands, unary ? 1 : 2));
    if (!unary) TRY_VOID(check_distinct(name, operands[0], operands[1]));
    if (unary && operands[0].kind != OperandKind::kPath) {
      return error(fmt::format("Operator or function requires a document path; operator or function: {}", name));
    }
    if (condition.kind == ConditionKind::kBeginsWith) {
      for (const Operand& each : operands) {
        const std::string_view type = known_type(each);
        if (!type.empty() && type != "S" && type != "B") return wrong_operand(name, type);
      }
    }
    return condition.kind == ConditionKind::kType ? check_type_name(operands[1]) : Parsed<void>{};
  }

  static Parsed<void> check_type_name(const Operand& operand) {
    const std::string_view type = known_type(operand);
    if (type != "S") return wrong_operand("attribute_type", type.empty() ? "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}" : type);
    const auto& name = *operand.value->get<std::string>();
    for (std::string_view each : {"S", "N", "B", "NULL", "SS", "BOOL", "L", "BS", "NS", "M"}) {
      if (name == each) return {};
    }
    return error(fmt::format(
        "Invalid attribute type name found; type: {}, valid types: {{B,NULL,SS,BOOL,L,BS,N,NS,S,M}}", name));
  }

  static Parsed<void> check_distinct(std::string_view name, const Operand& left, const Operand& right) {
    if (left.kind != OperandKind::kPath || right.kind != OperandKind::kPath || left.path != right.path) return {};
    return error(
        fmt::format("The first operand must be distinct from the remaining operands for this operator or function; "
                    "operator: {}, first operand: {}",
                    name, describe(left.path)));
  }

  Parsed<Condition> comparison(Operand left) {
    static constexpr std::pair<std::string_view, ConditionKind> kOperators[] = {
        {"=", ConditionKind::kEqual},        {"<>", ConditionKind::kNotEqual}, {"<", ConditionKind::kLess},
        {"<=", ConditionKind::kLessOrEqual}, {">", ConditionKind::kGreater},   {">=", ConditionKind::kGreaterOrEqual},
    };
    for (const auto& [symbol, kind] : kOperators) {
      if (!take(symbol)) continue;
      if (++operators_ > kMaxOperators) return error("The expression contains too many operators; limit: 300");
      Operand right = TRY(operand());
      TRY_VOID(check_distinct(symbol, left, right));
      if (kind != ConditionKind::kEqual && kind != ConditionKind::kNotEqual) {
        for (const Operand* each : {&left, &right}) {
          const std::string_view type = known_type(*each);
          if (!type.empty() && type != "S" && type != "N" && type != "B") {
            return error(fmt::format("Incorrect operand type for operator or function; operator: {}, operand type: {}",
                                     symbol, type));
          }
        }
      }
      Condition out{kind, {}, {}};
      out.operands.push_back(std::move(left));
      out.operands.push_back(std::move(right));
      return out;
    }
    return unexpected_token();
  }

  Parsed<Condition> between(Operand value) {
    Condition out{ConditionKind::kBetween, {}, {}};
    out.operands.push_back(std::move(value));
    out.operands.push_back(TRY(operand()));
    if (!take_word("AND")) return unexpected_token();
    out.operands.push_back(TRY(operand()));
    const Operand &low = out.operands[1], &high = out.operands[2];
    if (low.kind != OperandKind::kValue || high.kind != OperandKind::kValue) return out;
    const auto order = compare(*low.value, *high.value);
    std::string_view problem;
    if (low.value->type() != high.value->type())
      problem = "requires same data type for lower and upper bounds";
    else if (order && *order > 0)
      problem = "requires upper bound to be greater than or equal to lower bound";
    if (problem.empty()) return out;
    return error(fmt::format("The BETWEEN operator {}; lower bound operand: {}, upper bound operand: {}", problem,
                             describe_value(*low.value), describe_value(*high.value)));
  }

  Parsed<Condition> membership(Operand value) {
    Condition out{ConditionKind::kIn, {}, {}};
    out.operands.push_back(std::move(value));
    for (Operand& each : TRY(arguments())) out.operands.push_back(std::move(each));
    if (out.operands.size() > kMaxInOperands + 1) {
      return error(fmt::format(
          "Incorrect number of operands for operator or function; operator or function: IN, number of operands: {}",
          out.operands.size()));
    }
    return out;
  }

  std::size_t operators_ = 0;
  int nesting_ = 0;
};

}  // namespace

aws::Result<Condition> parse_condition(std::string_view parameter, std::string_view text, Names& names) {
  return read_expression(parameter, text, names, &ConditionReader::whole_condition);
}

}  // namespace leat::dynamodb::expression
