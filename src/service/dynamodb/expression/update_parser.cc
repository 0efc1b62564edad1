#include <fmt/format.h>

#include <algorithm>

#include "service/dynamodb/expression/reader.h"

// The order and wording of errors: dynalite's recordings (db/updateParser.js).

namespace leat::dynamodb::expression {
namespace {

using OperandKind = Operand::Kind;

class UpdateReader : public Reader {
 public:
  using Reader::Reader;

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
    std::vector<const Path*> paths;
    for (const UpdateAction& action : out) paths.push_back(&action.path);
    TRY_VOID(check_overlap(paths));
    return out;
  }

 private:
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
};

}  // namespace

aws::Result<Update> parse_update(std::string_view text, Names& names) {
  return read_expression("UpdateExpression", text, names, &UpdateReader::whole_update);
}

}  // namespace leat::dynamodb::expression
