#pragma once
// The condition keys of requests on a table's items: dynamodb:LeadingKeys, dynamodb:Attributes and the others.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html and
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "service/dynamodb/expression/parser.h"
#include "service/dynamodb/partiql/statement.h"
#include "service/dynamodb/table/table.h"
#include "aws/policy/policy.h"

namespace leat::dynamodb {

// What requests on one table, or one of its indexes, name. What cannot be read is passed over: the request is refused
// by whoever runs it.
class ItemConditions {
 public:
  ItemConditions(Tables& tables, const aws::Caller& caller, std::string_view table,
                 const std::optional<std::string>& index = std::nullopt);

  // Any request, or part of one, of the members that it has.
  template <class Request>
  void add(const Request& request) {
    static const expression::Names::NameMap kNoNames;
    static const std::optional<Item> kNoValues;
    const auto* name_map = &kNoNames;
    const auto* values = &kNoValues;
    if constexpr (requires { request.expression_attribute_names; }) name_map = &request.expression_attribute_names;
    if constexpr (requires { request.expression_attribute_values; }) values = &request.expression_attribute_values;
    expression::Names names(*name_map, *values);
    if constexpr (requires { request.key; }) add_item(request.key);
    if constexpr (requires { request.item; }) add_item(request.item);
    if constexpr (requires { request.keys; }) {
      for (const auto& key : request.keys) add_item(key);
    }
    if constexpr (requires { request.key_condition_expression; })
      add_condition(request.key_condition_expression, names, true);
    if constexpr (requires { request.condition_expression; }) add_condition(request.condition_expression, names, false);
    if constexpr (requires { request.filter_expression; }) add_condition(request.filter_expression, names, false);
    if constexpr (requires { request.update_expression; }) add_update(request.update_expression, names);
    if constexpr (requires { request.projection_expression; }) add_projection(request.projection_expression, names);
    if constexpr (requires { request.attributes_to_get; }) {
      if (request.attributes_to_get) select_attributes(*request.attributes_to_get);
    }
    if constexpr (requires { request.key_conditions; }) add_key_conditions(request.key_conditions);
    if constexpr (requires { request.expected; }) add_names(request.expected);
    if constexpr (requires { request.attribute_updates; }) add_names(request.attribute_updates);
    if constexpr (requires { request.query_filter; }) add_names(request.query_filter);
    if constexpr (requires { request.scan_filter; }) add_names(request.scan_filter);
    if constexpr (requires { request.select; }) select_ = request.select ? request.select : select_;
    if constexpr (requires { request.return_values; }) return_values_ = request.return_values.value_or("NONE");
    if constexpr (requires { request.return_consumed_capacity; })
      return_consumed_capacity_ = request.return_consumed_capacity.value_or("NONE");
  }
  void add(const partiql::Statement& statement);

  // TransactWriteItems, of what stands in one.
  void enclosed_by(std::string_view operation) { enclosing_operation_ = operation; }

  // With dynamodb:Select, for what reads.
  void put_into(aws::ConditionKeys& keys, bool reads) const;

 private:
  void add_item(const Item& item);
  void add_leading(const AttributeValue& value);
  void add_operand(const expression::Operand& operand);
  void add_path(const expression::Path& path);
  void add_condition(const expression::Condition& condition, bool is_key);
  void add_condition(const std::optional<std::string>& text, expression::Names& names, bool is_key);
  void add_update(const std::optional<std::string>& text, expression::Names& names);
  void add_update(const expression::Update& update);
  void add_projection(const std::optional<std::string>& text, expression::Names& names);
  void add_key_conditions(const std::optional<aws::Map<Condition>>& conditions);
  void select_attributes(const std::vector<std::string>& names);

  template <class Value>
  void add_names(const std::optional<aws::Map<Value>>& by_name) {
    if (!by_name) return;
    for (const auto& [name, value] : *by_name) attributes_.insert(name);
  }

  TablePtr table_;
  bool of_index_ = false;
  std::string partition_;  // the attribute
  std::set<std::string> leading_, attributes_;
  std::optional<std::string> select_, return_values_, return_consumed_capacity_;
  std::string enclosing_operation_;
  std::optional<bool> full_scan_;  // of a statement
};

}  // namespace leat::dynamodb
