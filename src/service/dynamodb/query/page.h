#pragma once
// One page of a Query or a Scan, of a table or of an index.

#include <optional>
#include <vector>

#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/expression/parser.h"
#include "service/dynamodb/item/capacity.h"
#include "service/dynamodb/query/legacy.h"
#include "service/dynamodb/query/parameters.h"
#include "service/dynamodb/value/returned_item.h"

namespace leat::dynamodb {

struct PageRequest {
  TablePtr table;
  const Index* index = nullptr;  // of that table
  kv::Range range;
  kv::Direction direction = kv::Direction::kForward;
  std::optional<Item> exclusive_start_key;
  std::optional<std::int32_t> limit;  // of items evaluated
  std::optional<expression::Condition> filter;
  std::optional<expression::Projection> projection;
  std::optional<std::string> select;
  bool consistent = false;
  aws::Layer layer = aws::Layer::kOlder;
  bool by_partitions = false;  // its capacity: of each that it looks at
  std::string partition;  // what all rows of a Query's partition begin with

  const KeySchema& schema() const { return index ? index->key : table->key; }
  bool count_only() const { return select == "COUNT"; }
};

struct Page {
  std::vector<ReturnedItem> items;
  std::int32_t count = 0;  // that passed the filter
  std::int32_t scanned_count = 0;
  CapacityUse use;
  std::optional<Item> last_evaluated_key;
};

// Finds table and index, and checks what depends on them: consistency, Select, the projection, the filter.
struct PageTarget {
  std::string_view table_name;
  const std::optional<std::string>& index_name;
};
aws::Result<void> find_target(DynamoDb& db, const aws::Caller& caller, const PageTarget& target, PageRequest& request);

// Refuses a filter on the attributes that a Query is made by. `parameter` is "Filter Expression" or "QueryFilter".
aws::Result<void> check_filter_attributes(const PageRequest& request, std::string_view parameter);

// Reads until the range, the limit or 1 MB of items is used up.
aws::Result<Page> read_page(DynamoDb& db, PageRequest request);

// Select, given how the request says what it wants.
struct SelectUse {
  const std::optional<std::string>& select;
  bool expression, attributes, index;  // what else is given
};
aws::Result<void> check_select(const SelectUse& use, aws::Layer layer);

// What Query and Scan have in common: Select, filter, projection, paging.
template <class Input>
aws::Result<void> read_page_parameters(const Input& input, const std::optional<aws::Map<Condition>>& legacy_filter,
                                       expression::Names& names, PageRequest& page) {
  page.layer = names.layer();
  TRY_VOID(check_select({input.select, input.projection_expression.has_value(), input.attributes_to_get.has_value(),
                         input.index_name.has_value()},
                        page.layer));
  if (legacy_filter) page.filter = TRY(legacy::read_filter(*legacy_filter, input.conditional_operator, page.layer));
  TRY_VOID(legacy::check_conditional_operator(input.conditional_operator, legacy_filter && !legacy_filter->empty()));
  if (input.attributes_to_get) page.projection = TRY(legacy::read_attributes(*input.attributes_to_get));
  if (input.filter_expression)
    page.filter = TRY(expression::parse_condition("FilterExpression", *input.filter_expression, names));
  if (input.projection_expression)
    page.projection = TRY(expression::parse_projection(*input.projection_expression, names));
  page.exclusive_start_key = input.exclusive_start_key;
  page.limit = input.limit;
  page.select = input.select;
  page.consistent = input.consistent_read.value_or(false);
  return {};
}

// Reads the page and answers with it.
template <class Output>
aws::Result<Output> answer_page(DynamoDb& db, PageRequest request, const std::optional<std::string>& capacity_mode) {
  const TablePtr table = request.table;
  const bool count_only = request.count_only();
  Page page = TRY(read_page(db, std::move(request)));
  Output output;
  output.consumed_capacity = consumed(capacity_mode, *table, page.use);
  if (!count_only) output.items = std::move(page.items);
  output.count = page.count;
  output.scanned_count = page.scanned_count;
  output.last_evaluated_key = std::move(page.last_evaluated_key);
  return output;
}

}  // namespace leat::dynamodb
