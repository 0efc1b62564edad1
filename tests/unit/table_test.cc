// Runs the tables of text under tests/tables: lines of "input -> output".

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
#include <functional>

#include "aws/policy/policy.h"
#include "service/dynamodb/expression/evaluate.h"
#include "service/dynamodb/expression/parser.h"
#include "service/dynamodb/item/capacity.h"
#include "service/dynamodb/table/key.h"
#include "service/dynamodb/value/decimal.h"
#include "service/dynamodb/value/item_codec.h"
#include "service/lambda/record_filter.h"
#include "service/logs/filter_pattern.h"

namespace leat {
namespace {

std::string trimmed(std::string text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// Calls check(input) for each line and compares. Blank lines and comments are skipped; "item ITEM", "values MAP" and
// "names MAP" lines set what the lines below them work on.
struct Context {
  dynamodb::Item item;
  std::optional<dynamodb::Item> values;
  std::optional<aws::Map<std::string>> names;
};

dynamodb::Item parse_item(const std::string& json) {
  simdjson::dom::parser parser;
  simdjson::dom::element element = parser.parse(json);
  dynamodb::Item item;
  const std::string problem = dynamodb::Item::kJson.decode(&element, &item);
  if (!problem.empty()) throw std::runtime_error(problem);
  return item;
}

aws::Map<std::string> parse_names(const std::string& json) {
  simdjson::dom::parser parser;
  aws::Map<std::string> out;
  for (auto [key, value] : simdjson::dom::object(parser.parse(json))) out[std::string(key)] = std::string_view(value);
  return out;
}

void run_table(const std::string& name, const std::function<std::string(const std::string&, Context&)>& check) {
  std::ifstream file("tests/tables/" + name);
  ASSERT_TRUE(file) << name;
  Context context;
  int lines = 0, number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (trimmed(line).empty() || line.starts_with("#")) continue;
    if (line.starts_with("item "))
      context.item = parse_item(line.substr(5));
    else if (line.starts_with("values "))
      context.values = parse_item(line.substr(7));
    else if (line.starts_with("names "))
      context.names = parse_names(line.substr(6));
    else {
      const auto arrow = line.rfind(" -> ");
      ASSERT_NE(arrow, std::string::npos) << name << ":" << number;
      EXPECT_EQ(check(trimmed(line.substr(0, arrow)), context), trimmed(line.substr(arrow + 4)))
          << name << ":" << number << ": " << line;
      ++lines;
    }
  }
  EXPECT_GT(lines, 0);
}

std::string json_of(const dynamodb::Item& item) {
  std::string out;
  dynamodb::append_json(item, out);
  return out;
}

TEST(Tables, Conditions) {
  run_table("conditions.txt", [](const std::string& text, Context& context) -> std::string {
    dynamodb::expression::Names names(context.names, context.values);
    const auto condition = dynamodb::expression::parse_condition("ConditionExpression", text, names);
    if (!condition) return condition.error().message;
    return dynamodb::expression::holds(*condition, context.item) ? "true" : "false";
  });
}

TEST(Tables, Updates) {
  run_table("updates.txt", [](const std::string& text, Context& context) -> std::string {
    dynamodb::expression::Names names(context.names, context.values);
    const auto update = dynamodb::expression::parse_update(text, names);
    if (!update) return update.error().message;
    const auto item = dynamodb::expression::apply(*update, context.item);
    return item ? json_of(*item) : item.error();
  });
}

TEST(Tables, Projections) {
  run_table("projections.txt", [](const std::string& text, Context& context) -> std::string {
    dynamodb::expression::Names names(context.names, context.values);
    const auto projection = dynamodb::expression::parse_projection(text, names);
    return projection ? json_of(dynamodb::expression::project(*projection, context.item)) : projection.error().message;
  });
}

TEST(Tables, ItemSizesAndStoredForm) {
  run_table("item_sizes.txt", [](const std::string& text, Context&) -> std::string {
    const dynamodb::Item item = parse_item(text);
    if (auto invalid = dynamodb::first_invalid(item, aws::Layer::kCurrent)) return *invalid;
    EXPECT_EQ(dynamodb::decode_item(dynamodb::encode_item(item)), item) << text;
    return std::to_string(dynamodb::size_of(item));
  });
}

TEST(Tables, Numbers) {
  run_table("numbers.txt", [](const std::string& text, Context&) -> std::string {
    const auto decimal = dynamodb::Decimal::parse(text);
    return decimal ? decimal->text() : decimal.error();
  });
}

TEST(Tables, KeyOrder) {
  run_table("key_order.txt", [](const std::string& text, Context&) -> std::string {
    const dynamodb::Item item = parse_item(text);
    std::string first, second;
    dynamodb::append_part(first, *item.find("a"));
    dynamodb::append_part(second, *item.find("b"));
    // Also where more follows in the key.
    EXPECT_EQ(first < second, first + "\xFF" < second + "\x01" && first != second) << text;
    return first < second ? "<" : first == second ? "=" : ">";
  });
}

TEST(Tables, Capacity) {
  run_table("capacity.txt", [](const std::string& text, Context&) -> std::string {
    const std::size_t bytes = std::stoul(text);
    return fmt::format("{} {} {}", dynamodb::read_units(bytes, true), dynamodb::read_units(bytes, false),
                       dynamodb::write_units(bytes));
  });
}

TEST(Tables, EventFilters) {
  run_table("event_filters.txt", [](const std::string& text, Context&) -> std::string {
    const auto bar = text.find(" | ");
    const auto criteria = lambda::RecordFilter::parse({trimmed(text.substr(0, bar))});
    if (!criteria) return criteria.error();
    return criteria->passes(text.substr(bar + 3)) ? "true" : "false";
  });
}

TEST(Tables, Policies) {
  run_table("policies.txt", [](const std::string& text, Context&) -> std::string {
    std::vector<std::string> parts;
    for (std::size_t from = 0, bar = 0; bar != std::string::npos; from = bar + 3) {
      bar = text.find(" | ", from);
      parts.push_back(trimmed(text.substr(from, bar == std::string::npos ? bar : bar - from)));
    }
    const std::string document = R"({"Version": "2012-10-17", "Statement": )" + parts[0] + "}";
    const auto problem = aws::policy_problem(document, aws::PolicyKind::kIdentity);
    const auto policy = aws::PolicyDocument::parse(document, aws::PolicyKind::kIdentity);
    aws::PolicyRequest request{parts[1], parts[2]};
    std::istringstream context(parts.size() > 3 ? parts[3] : "");
    aws::PolicyContext::Keys keys;
    for (std::string pair; context >> pair;)
      keys.emplace(pair.substr(0, pair.find('=')), pair.substr(pair.find('=') + 1));
    request.context = keys;
    static constexpr const char* kNames[] = {"not allowed", "allowed", "denied"};
    const std::string decision = kNames[static_cast<int>(policy.decide(request))];
    return problem ? decision + ", refused: " + *problem : decision;
  });
}

TEST(Tables, FilterPatterns) {
  run_table("filter_patterns.txt", [](const std::string& text, Context&) -> std::string {
    const auto bar = text.find(" | ");
    const auto pattern = logs::FilterPattern::parse(trimmed(text.substr(0, bar)));
    if (!pattern) return pattern.error();
    return pattern->matches(text.substr(bar + 3)) ? "true" : "false";
  });
}

}  // namespace
}  // namespace leat
