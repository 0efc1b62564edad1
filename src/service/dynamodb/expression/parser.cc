#include "service/dynamodb/expression/parser.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "service/dynamodb/expression/lexer.h"

// The order and wording of errors: dynalite's recordings (db/conditionParser.js, db/updateParser.js).

namespace leat::dynamodb::expression {
namespace {

using Error = std::string;
template <class T>
using Parsed = Result<T, Error>;
using ConditionKind = Condition::Kind;
using OperandKind = Operand::Kind;

constexpr int kMaxNesting = 150;
constexpr std::size_t kMaxOperators = 300;
constexpr std::size_t kMaxExpressionSize = 4096;
constexpr std::size_t kMaxInOperands = 100;

std::unexpected<Error> error(std::string message) { return std::unexpected(std::move(message)); }

bool same_word(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return (a | 32) == (b | 32); });
}

// The type that an operand has whatever the item holds, or an empty view.
std::string_view known_type(const Operand& operand) {
  if (operand.kind == OperandKind::kValue) return operand.value->type();
  return operand.kind == OperandKind::kSize || operand.kind == OperandKind::kPlus || operand.kind == OperandKind::kMinus
             ? "N"
             : "";
}

std::string describe_value(const AttributeValue& value) {
  std::string json;
  append_json(value, json);
  std::erase(json, '"');
  return "AttributeValue: " + json;
}

// What every kind of expression is read with.
class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens, Names& names)
      : text_(text), tokens_(std::move(tokens)), names_(names) {}

  Parsed<Condition> whole_condition() {
    Condition out = TRY(disjunction());
    if (!at_end()) return unexpected_token();
    return out;
  }

  Parsed<Projection> whole_projection() {
    Projection out;
    do out.push_back(TRY(path()));
    while (take(","));
    if (!at_end()) return unexpected_token();
    return out;
  }

  Parsed<Update> whole_update() {
    Update out;
    std::vector<std::string> seen;
    while (!at_end()) {
      const std::string section = take_section();
      if (section.empty()) return unexpected_token();
      if (std::find(seen.begin(), seen.end(), section) != seen.end()) {
        return error(fmt::format("The \"{}\" section can only be used once in an update expression;", section));
      }
      seen.push_back(section);
      do out.push_back(TRY(action(section)));
      while (take(","));
    }
    if (out.empty()) return unexpected_token();
    return out;
  }

 private:
  const Token& token() const { return tokens_[at_]; }
  bool at_end() const { return token().kind == Token::Kind::kEnd; }
  bool is(std::string_view symbol) const { return token().kind == Token::Kind::kSymbol && token().text == symbol; }
  bool is_word(std::string_view word) const {
    return token().kind == Token::Kind::kIdentifier && same_word(token().text, word);
  }
  bool take(std::string_view symbol) { return is(symbol) && ++at_; }
  bool take_word(std::string_view word) { return is_word(word) && ++at_; }
  std::unexpected<Error> unexpected_token() const { return error(syntax_error(text_, tokens_, at_)); }

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
    if (!take("(")) return predicate();
    const bool doubled = is("(");
    const std::size_t begin = at_;
    Condition out = TRY(disjunction());
    if (doubled && closes_at(begin) + 1 == at_) return error("The expression has redundant parentheses;");
    if (!take(")")) return unexpected_token();
    return out;
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

  bool at_function() const {
    return token().kind == Token::Kind::kIdentifier && tokens_[at_ + 1].kind == Token::Kind::kSymbol &&
           tokens_[at_ + 1].text == "(";
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
    Condition out{found->second, {}, TRY(arguments())};
    TRY_VOID(check_function(name, out));
    return out;
  }

  Parsed<std::vector<Operand>> arguments() {
    std::vector<Operand> out;
    if (!take("(")) return unexpected_token();
    do out.push_back(TRY(operand()));
    while (take(","));
    if (!take(")")) return unexpected_token();
    return out;
  }

  static Parsed<void> check_count(std::string_view name, const std::vector<Operand>& operands, std::size_t wanted) {
    if (operands.size() == wanted) return {};
    return error(fmt::format(
        "Incorrect number of operands for operator or function; operator or function: {}, number of operands: {}", name,
        operands.size()));
  }

  static std::unexpected<Error> wrong_operand(std::string_view name, std::string_view type) {
    return error(fmt::format(
        "Incorrect operand type for operator or function; operator or function: {}, operand type: {}", name, type));
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

  Parsed<Operand> operand() {
    if (token().kind == Token::Kind::kValue) return value();
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

  Parsed<Operand> value() {
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

  Parsed<Path> path() {
    Path out;
    out.push_back(TRY(path_name()));
    while (true) {
      if (take(".")) {
        out.push_back(TRY(path_name()));
      } else if (take("[")) {
        std::size_t index = 0;
        if (token().kind != Token::Kind::kNumber) return unexpected_token();
        const auto parsed = std::from_chars(token().text.data(), token().text.data() + token().text.size(), index);
        if (parsed.ec != std::errc()) {
          return error(fmt::format("List index is not within the allowable range; index: [{}]", token().text));
        }
        ++at_;
        if (!take("]")) return unexpected_token();
        out.emplace_back(index);
      } else {
        if (out.size() > kMaxDepth)
          return error("The document path has too many nesting elements; nesting levels: " +
                       std::to_string(out.size()));
        return out;
      }
    }
  }

  Parsed<std::string> path_name() {
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

  std::string take_section() {
    for (std::string_view section : {"SET", "REMOVE", "ADD", "DELETE"}) {
      if (take_word(section)) return std::string(section);
    }
    return {};
  }

  Parsed<UpdateAction> action(std::string_view section) {
    UpdateAction out{};
    out.path = TRY(path());
    if (section == "REMOVE") {
      out.kind = UpdateAction::Kind::kRemove;
      return out;
    }
    if (section == "SET") {
      out.kind = UpdateAction::Kind::kSet;
      if (!take("=")) return unexpected_token();
      out.value = TRY(sum());
      return out;
    }
    out.kind = section == "ADD" ? UpdateAction::Kind::kAdd : UpdateAction::Kind::kDelete;
    if (token().kind != Token::Kind::kValue) return unexpected_token();
    out.value = TRY(value());
    const std::string_view type = out.value.value->type();
    const bool set = type == "SS" || type == "NS" || type == "BS";
    if (!set && !(section == "ADD" && type == "N")) {
      return error(
          fmt::format("Incorrect operand type for operator or function; operator: {}, operand type: {}, typeSet: "
                      "ALLOWED_FOR_{}_OPERAND",
                      section, long_type(type), section));
    }
    return out;
  }

  static std::string_view long_type(std::string_view type) {
    static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
        {"S", "STRING"},  {"N", "NUMBER"}, {"B", "BINARY"}, {"BOOL", "BOOLEAN"},
        {"NULL", "NULL"}, {"L", "LIST"},   {"M", "MAP"}};
    for (const auto& [shorter, longer] : kNames) {
      if (type == shorter) return longer;
    }
    return type;
  }

  Parsed<Operand> sum() {
    Operand left = TRY(set_operand());
    if (!is("+") && !is("-")) return left;
    const std::string_view symbol = token().text;
    ++at_;
    Operand out;
    out.kind = symbol == "+" ? OperandKind::kPlus : OperandKind::kMinus;
    out.operands.push_back(std::move(left));
    out.operands.push_back(TRY(set_operand()));
    for (const Operand& each : out.operands) {
      const std::string_view type = each.kind == OperandKind::kListAppend ? "L" : known_type(each);
      if (!type.empty() && type != "N") {
        return error(
            fmt::format("Incorrect operand type for operator or function; operator or function: {}, operand type: {}",
                        symbol, type));
      }
    }
    return out;
  }

  Parsed<Operand> set_operand() {
    if (take("(")) {
      Operand out = TRY(sum());
      if (!take(")")) return unexpected_token();
      return out;
    }
    if (!at_function()) return operand();
    const std::string name(token().text);
    if (name != "if_not_exists" && name != "list_append") {
      for (std::string_view known :
           {"attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size"}) {
        if (name == known) return error("The function is not allowed in an update expression; function: " + name);
      }
      return error("Invalid function name; function: " + name);
    }
    at_ += 2;
    Operand out;
    do out.operands.push_back(TRY(set_operand()));
    while (take(","));
    if (!take(")")) return unexpected_token();
    TRY_VOID(check_count(name, out.operands, 2));
    if (name == "if_not_exists") {
      if (out.operands[0].kind != OperandKind::kPath) {
        return error(fmt::format("Operator or function requires a document path; operator or function: {}", name));
      }
      out.kind = OperandKind::kIfNotExists;
      out.path = out.operands[0].path;
      return out;
    }
    out.kind = OperandKind::kListAppend;
    for (const Operand& each : out.operands) {
      const std::string_view type = known_type(each);
      if (!type.empty() && type != "L") return wrong_operand(name, type);
    }
    return out;
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  Names& names_;
  std::size_t at_ = 0;
  std::size_t operators_ = 0;
  int nesting_ = 0;
};

// Two paths of one expression may not name the same place, nor one a place inside the other's, nor use one value as
// both a map and a list.
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

template <class T, class Parse>
aws::Result<T> parse(std::string_view parameter, std::string_view text, Names& names, Parse parse_tokens) {
  const auto refuse = [&](std::string_view message) {
    return aws::fail(aws::errors::kValidation, fmt::format("Invalid {}: {}", parameter, message));
  };
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return refuse("The expression can not be empty;");
  if (text.size() > kMaxExpressionSize) {
    return refuse(
        fmt::format("Expression size has exceeded the maximum allowed size; expression size: {}", text.size()));
  }
  auto tokens = tokenize(text);
  if (!tokens) return refuse(tokens.error());
  Parser parser(text, std::move(*tokens), names);
  auto result = parse_tokens(parser);
  if (!result) return refuse(result.error());
  return std::move(*result);
}

}  // namespace

aws::Result<Condition> parse_condition(std::string_view parameter, std::string_view text, Names& names) {
  return parse<Condition>(parameter, text, names, [](Parser& parser) { return parser.whole_condition(); });
}

aws::Result<Update> parse_update(std::string_view text, Names& names) {
  return parse<Update>("UpdateExpression", text, names, [](Parser& parser) -> Parsed<Update> {
    Update update = TRY(parser.whole_update());
    std::vector<const Path*> paths;
    for (const UpdateAction& action : update) paths.push_back(&action.path);
    TRY_VOID(check_overlap(paths));
    return update;
  });
}

aws::Result<Projection> parse_projection(std::string_view text, Names& names) {
  return parse<Projection>("ProjectionExpression", text, names, [](Parser& parser) -> Parsed<Projection> {
    Projection projection = TRY(parser.whole_projection());
    std::vector<const Path*> paths;
    for (const Path& path : projection) paths.push_back(&path);
    TRY_VOID(check_overlap(paths));
    return projection;
  });
}

}  // namespace leat::dynamodb::expression
