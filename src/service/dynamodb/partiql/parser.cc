#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "service/dynamodb/partiql/lexer.h"
#include "service/dynamodb/partiql/statement.h"
#include "service/dynamodb/value/decimal.h"

namespace leat::dynamodb::partiql {
namespace {

using expression::Condition;
using expression::Operand;
using expression::Path;
using expression::UpdateAction;
using ConditionKind = Condition::Kind;
template <class T>
using Parsed = Result<T, std::string>;

constexpr int kMaxNesting = 100;

std::unexpected<std::string> error(std::string message) { return std::unexpected(std::move(message)); }

bool same_word(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return (a | 32) == (b | 32); });
}

class Parser {
 public:
  Parser(std::vector<Token> tokens, const std::vector<AttributeValue>& parameters)
      : tokens_(std::move(tokens)), parameters_(parameters) {}

  Parsed<Statement> statement() {
    if (take_word("EXISTS")) {
      TRY_VOID(expect("("));
      if (!take_word("SELECT")) return unexpected_token();
      TRY_VOID(select());
      TRY_VOID(expect(")"));
      out_.kind = Statement::Kind::kExists;
    } else if (take_word("SELECT")) {
      TRY_VOID(select());
    } else if (take_word("INSERT")) {
      TRY_VOID(insert());
    } else if (take_word("UPDATE")) {
      TRY_VOID(update());
    } else if (take_word("DELETE")) {
      TRY_VOID(delete_from());
    } else {
      return unexpected_token();
    }
    take(";");
    if (token().kind != Token::Kind::kEnd) return unexpected_token();
    if (next_parameter_ != parameters_.size())
      return error("Number of parameters in request and statement don't match.");
    return std::move(out_);
  }

 private:
  const Token& token() const { return tokens_[at_]; }
  bool is(std::string_view symbol) const { return token().kind == Token::Kind::kSymbol && token().text == symbol; }
  bool is_word(std::string_view word) const {
    return token().kind == Token::Kind::kWord && same_word(token().text, word);
  }
  bool take(std::string_view symbol) { return is(symbol) && ++at_; }
  bool take_word(std::string_view word) { return is_word(word) && ++at_; }
  std::unexpected<std::string> unexpected_token() const {
    return error(fmt::format("Statement wasn't well formed, can't be processed: Unexpected token '{}' at [{}]",
                             token().text, token().begin));
  }
  Parsed<void> expect(std::string_view symbol) {
    if (!take(symbol)) return unexpected_token();
    return {};
  }
  Parsed<void> expect_word(std::string_view word) {
    if (!take_word(word)) return unexpected_token();
    return {};
  }

  // --- statements

  Parsed<void> select() {
    out_.kind = Statement::Kind::kSelect;
    if (!take("*")) {
      do out_.projection.push_back(TRY(path()));
      while (take(","));
    }
    TRY_VOID(expect_word("FROM"));
    TRY_VOID(target());
    TRY_VOID(where());
    if (!take_word("ORDER")) return {};
    TRY_VOID(expect_word("BY"));
    do {
      std::string attribute = TRY(name());
      const bool descending = take_word("DESC");
      if (!descending) take_word("ASC");
      out_.order.push_back({std::move(attribute), descending});
    } while (take(","));
    return {};
  }

  Parsed<void> insert() {
    out_.kind = Statement::Kind::kInsert;
    TRY_VOID(expect_word("INTO"));
    TRY_VOID(target());
    if (!take_word("VALUE")) return unexpected_token();
    AttributeValue value = TRY(literal());
    auto* item = value.get<Item>();
    if (!item) return error("Statement wasn't well formed, can't be processed: VALUE must be a map");
    out_.item = std::move(*item);
    return {};
  }

  Parsed<void> update() {
    out_.kind = Statement::Kind::kUpdate;
    TRY_VOID(target());
    while (is_word("SET") || is_word("REMOVE")) {
      const bool set = take_word("SET");
      if (!set) ++at_;
      do out_.update.push_back(TRY(set ? assignment() : removal()));
      while (take(","));
    }
    if (out_.update.empty()) return unexpected_token();
    TRY_VOID(where());
    return returning();
  }

  Parsed<void> delete_from() {
    out_.kind = Statement::Kind::kDelete;
    TRY_VOID(expect_word("FROM"));
    TRY_VOID(target());
    TRY_VOID(where());
    return returning();
  }

  Parsed<void> target() {
    out_.table = TRY(name());
    if (take(".")) out_.index = TRY(name());
    return {};
  }

  Parsed<void> where() {
    if (take_word("WHERE")) out_.where = TRY(disjunction());
    return {};
  }

  Parsed<void> returning() {
    if (!take_word("RETURNING")) return {};
    for (std::string_view which : {"ALL", "MODIFIED"}) {
      for (std::string_view when : {"OLD", "NEW"}) {
        const std::size_t start = at_;
        if (take_word(which) && take_word(when)) {
          out_.returning = fmt::format("{} {}", which, when);
          return expect("*");
        }
        at_ = start;
      }
    }
    return unexpected_token();
  }

  Parsed<UpdateAction> assignment() {
    UpdateAction out{};
    out.kind = UpdateAction::Kind::kSet;
    out.path = TRY(path());
    TRY_VOID(expect("="));
    for (const auto& [function, kind] :
         {std::pair{"set_add", UpdateAction::Kind::kAdd}, {"set_delete", UpdateAction::Kind::kDelete}}) {
      if (!is_function(function)) continue;
      at_ += 2;
      out.kind = kind;
      if (TRY(path()) != out.path)
        return error(fmt::format("The first argument of {} must be the attribute that is set", function));
      TRY_VOID(expect(","));
      out.value = TRY(operand());
      TRY_VOID(expect(")"));
      const std::string_view type = out.value.value ? out.value.value->type() : "";
      if (type != "SS" && type != "NS" && type != "BS")
        return error(fmt::format("The second argument of {} must be a set", function));
      return out;
    }
    out.value = TRY(sum());
    return out;
  }

  Parsed<UpdateAction> removal() {
    UpdateAction out{};
    out.kind = UpdateAction::Kind::kRemove;
    out.path = TRY(path());
    return out;
  }

  Parsed<Operand> sum() {
    Operand left = TRY(operand());
    while (is("+") || is("-")) {
      Operand both;
      both.kind = is("+") ? Operand::Kind::kPlus : Operand::Kind::kMinus;
      ++at_;
      both.operands.push_back(std::move(left));
      both.operands.push_back(TRY(operand()));
      left = std::move(both);
    }
    return left;
  }

  // --- conditions

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
    if (++nesting_ > kMaxNesting) return error("Statement wasn't well formed, can't be processed: nested too deeply");
    Parsed<Condition> out = take_word("NOT") ? negated(negation()) : primary();
    --nesting_;
    return out;
  }

  static Parsed<Condition> negated(Parsed<Condition> inner) {
    if (!inner) return inner;
    Condition out{ConditionKind::kNot, {}, {}};
    out.conditions.push_back(std::move(*inner));
    return out;
  }

  Parsed<Condition> primary() {
    if (take("(")) {
      Condition out = TRY(disjunction());
      TRY_VOID(expect(")"));
      return out;
    }
    if (is_function("begins_with")) return function(ConditionKind::kBeginsWith);
    if (is_function("contains")) return function(ConditionKind::kContains);
    if (is_function("attribute_type")) return function(ConditionKind::kType);
    return comparison();
  }

  bool is_function(std::string_view word) const {
    return is_word(word) && tokens_[at_ + 1].kind == Token::Kind::kSymbol && tokens_[at_ + 1].text == "(";
  }

  Parsed<Condition> function(ConditionKind kind) {
    at_ += 2;
    Condition out{kind, {}, {}};
    out.operands.push_back(TRY(operand()));
    TRY_VOID(expect(","));
    out.operands.push_back(TRY(operand()));
    TRY_VOID(expect(")"));
    const Operand& second = out.operands[1];
    if (kind == ConditionKind::kType && !(second.value && second.value->get<std::string>()))
      return error("Incorrect operand type for operator or function; operator or function: attribute_type");
    return out;
  }

  Parsed<Condition> comparison() {
    Operand left = TRY(operand());
    if (take_word("IS")) return type_test(std::move(left));
    const bool inverted = is_word("NOT") && ++at_;
    if (take_word("BETWEEN")) return inverted ? negated(between(std::move(left))) : between(std::move(left));
    if (take_word("IN")) return inverted ? negated(membership(std::move(left))) : membership(std::move(left));
    static constexpr std::pair<std::string_view, ConditionKind> kOperators[] = {
        {"=", ConditionKind::kEqual},          {"<>", ConditionKind::kNotEqual},    {"!=", ConditionKind::kNotEqual},
        {"<", ConditionKind::kLess},           {"<=", ConditionKind::kLessOrEqual}, {">", ConditionKind::kGreater},
        {">=", ConditionKind::kGreaterOrEqual}};
    for (const auto& [symbol, kind] : kOperators) {
      if (inverted || !take(symbol)) continue;
      Condition out{kind, {}, {}};
      out.operands.push_back(std::move(left));
      out.operands.push_back(TRY(operand()));
      if (symbol[0] == '<' || symbol[0] == '>') TRY_VOID(check_ordered(symbol, out));
      return out;
    }
    return unexpected_token();
  }

  // Only texts, numbers and bytes have an order.
  static Parsed<void> check_ordered(std::string_view symbol, const Condition& condition) {
    if (condition.kind == ConditionKind::kNotEqual) return {};
    for (const Operand& each : condition.operands) {
      const std::string_view type = each.value ? each.value->type() : std::string_view("S");
      if (type != "S" && type != "N" && type != "B") {
        return error(fmt::format(
            "Incorrect operand type for operator or function; operator or function: {}, operand type: {}", symbol, type));
      }
    }
    return {};
  }

  // IS [NOT] MISSING, IS [NOT] NULL
  Parsed<Condition> type_test(Operand operand) {
    const bool inverted = take_word("NOT");
    Condition out{ConditionKind::kNotExists, {}, {}};
    out.operands.push_back(std::move(operand));
    if (take_word("NULL")) {
      out.kind = ConditionKind::kType;
      out.operands.push_back(value_operand(std::string("NULL")));
    } else if (!take_word("MISSING")) {
      return unexpected_token();
    }
    return inverted ? negated(std::move(out)) : Parsed<Condition>(std::move(out));
  }

  Parsed<Condition> between(Operand value) {
    Condition out{ConditionKind::kBetween, {}, {}};
    out.operands.push_back(std::move(value));
    out.operands.push_back(TRY(operand()));
    TRY_VOID(expect_word("AND"));
    out.operands.push_back(TRY(operand()));
    return out;
  }

  // IN (a, b) and IN [a, b]
  Parsed<Condition> membership(Operand value) {
    Condition out{ConditionKind::kIn, {}, {}};
    out.operands.push_back(std::move(value));
    const bool brackets = take("[");
    if (!brackets) TRY_VOID(expect("("));
    do out.operands.push_back(TRY(operand()));
    while (take(","));
    TRY_VOID(expect(brackets ? "]" : ")"));
    return out;
  }

  // --- operands, paths, values

  Parsed<Operand> operand() {
    if (is_function("size")) {
      Operand out;
      out.kind = Operand::Kind::kSize;
      at_ += 2;
      out.operands.push_back(TRY(operand()));
      TRY_VOID(expect(")"));
      return out;
    }
    if (is_function("list_append")) {
      Operand out;
      out.kind = Operand::Kind::kListAppend;
      at_ += 2;
      out.operands.push_back(TRY(operand()));
      TRY_VOID(expect(","));
      out.operands.push_back(TRY(operand()));
      TRY_VOID(expect(")"));
      return out;
    }
    const bool named = token().kind == Token::Kind::kName || (token().kind == Token::Kind::kWord && !is_word("true") &&
                                                              !is_word("false") && !is_word("null"));
    if (!named) return value_operand(TRY(literal()));
    Operand out;
    out.path = TRY(path());
    return out;
  }

  Operand value_operand(AttributeValue value) {
    out_.values.push_back(std::make_unique<const AttributeValue>(std::move(value)));
    Operand out;
    out.kind = Operand::Kind::kValue;
    out.value = out_.values.back().get();
    return out;
  }

  Parsed<std::string> name() {
    if (token().kind != Token::Kind::kWord && token().kind != Token::Kind::kName) return unexpected_token();
    return tokens_[at_++].text;
  }

  Parsed<Path> path() {
    Path out;
    out.emplace_back(TRY(name()));
    while (true) {
      if (take(".")) {
        out.emplace_back(TRY(name()));
      } else if (is("[") && tokens_[at_ + 1].kind == Token::Kind::kNumber) {
        std::size_t index = 0;
        const std::string& digits = tokens_[++at_].text;
        const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
        if (failed != std::errc() || end != digits.data() + digits.size()) return unexpected_token();
        ++at_;
        TRY_VOID(expect("]"));
        out.emplace_back(index);
      } else if (is("[") && tokens_[at_ + 1].kind == Token::Kind::kText) {
        out.emplace_back(tokens_[++at_].text);
        ++at_;
        TRY_VOID(expect("]"));
      } else {
        return out;
      }
    }
  }

  Parsed<AttributeValue> literal() {
    if (++nesting_ > kMaxNesting) return error("Statement wasn't well formed, can't be processed: nested too deeply");
    Parsed<AttributeValue> out = any_literal();
    --nesting_;
    return out;
  }

  Parsed<AttributeValue> any_literal() {
    if (take("?")) {
      if (next_parameter_ >= parameters_.size())
        return error("Number of parameters in request and statement don't match.");
      return parameters_[next_parameter_++];
    }
    if (token().kind == Token::Kind::kText) return AttributeValue(tokens_[at_++].text);
    if (token().kind == Token::Kind::kNumber || is("-")) return number();
    if (take_word("true")) return AttributeValue(true);
    if (take_word("false")) return AttributeValue(false);
    if (take_word("null")) return AttributeValue(Null{});
    if (take("[")) return list();
    if (take("{")) return map();
    if (take("<<")) return set();
    return unexpected_token();
  }

  Parsed<AttributeValue> number() {
    const std::string sign = take("-") ? "-" : "";
    if (token().kind != Token::Kind::kNumber) return unexpected_token();
    const Decimal decimal = TRY(Decimal::parse(sign + tokens_[at_++].text));
    return AttributeValue(Number{decimal.text()});
  }

  Parsed<AttributeValue> list() {
    List out;
    if (!take("]")) {
      do out.push_back(TRY(literal()));
      while (take(","));
      TRY_VOID(expect("]"));
    }
    return AttributeValue(std::move(out));
  }

  Parsed<AttributeValue> map() {
    Item out;
    if (!take("}")) {
      do {
        if (token().kind != Token::Kind::kText) return unexpected_token();
        const std::string key = tokens_[at_++].text;
        TRY_VOID(expect(":"));
        AttributeValue value = TRY(literal());
        out.add_unsorted(key, std::move(value));
      } while (take(","));
      TRY_VOID(expect("}"));
    }
    out.sort();
    return AttributeValue(std::move(out));
  }

  Parsed<AttributeValue> set() {
    StringSet texts;
    NumberSet numbers;
    do {
      AttributeValue each = TRY(literal());
      if (auto* text = each.get<std::string>())
        texts.values.push_back(std::move(*text));
      else if (auto* number = each.get<Number>())
        numbers.values.push_back(std::move(number->text));
      else
        return error("A set may only hold strings or numbers");
    } while (take(","));
    TRY_VOID(expect(">>"));
    if (!texts.values.empty() && !numbers.values.empty()) return error("All values of a set must be of one type");
    auto& values = texts.values.empty() ? numbers.values : texts.values;
    std::sort(values.begin(), values.end());
    if (std::adjacent_find(values.begin(), values.end()) != values.end())
      return error("Input collection contains duplicates.");
    return texts.values.empty() ? AttributeValue(std::move(numbers)) : AttributeValue(std::move(texts));
  }

  std::vector<Token> tokens_;
  const std::vector<AttributeValue>& parameters_;
  std::size_t at_ = 0;
  std::size_t next_parameter_ = 0;
  int nesting_ = 0;
  Statement out_;
};

}  // namespace

aws::Result<Statement> parse(std::string_view text, const std::optional<std::vector<AttributeValue>>& parameters) {
  static const std::vector<AttributeValue> kNone;
  const auto refuse = [](std::string message) { return aws::fail(aws::errors::kValidation, std::move(message)); };
  for (const AttributeValue& each : parameters ? *parameters : kNone) {
    if (auto message = first_invalid(each, aws::Layer::kOlder)) return refuse(*message);
  }
  auto tokens = tokenize(text);
  if (!tokens) return refuse("Statement wasn't well formed, can't be processed: " + tokens.error());
  auto statement = Parser(std::move(*tokens), parameters ? *parameters : kNone).statement();
  if (!statement) return refuse(statement.error());
  return std::move(*statement);
}

}  // namespace leat::dynamodb::partiql
