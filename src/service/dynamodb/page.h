#pragma once
// One page of a Query or a Scan.

#include <optional>
#include <vector>

#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/expression/parser.h"

namespace leat::dynamodb {

struct PageRequest {
  TablePtr table;
  kv::Range range;
  kv::Direction direction = kv::Direction::kForward;
  std::optional<Item> exclusive_start_key;
  std::optional<std::int32_t> limit;  // of items evaluated
  std::optional<expression::Condition> filter;
  std::optional<expression::Projection> projection;
  bool count_only = false;  // Select=COUNT
};

struct Page {
  std::vector<Item> items;
  std::int32_t count = 0;  // that passed the filter
  std::int32_t scanned_count = 0;
  std::size_t bytes = 0;  // evaluated
  std::optional<Item> last_evaluated_key;
};

// Reads until the range, the limit or 1 MB of items is used up.
aws::Result<Page> read_page(DynamoDb& db, PageRequest request);

// Select, given what else the request asks for. True for COUNT.
aws::Result<bool> check_select(const std::optional<std::string>& select, bool has_projection);

// FilterExpression and ProjectionExpression of Query and Scan.
template <class Input>
aws::Result<void> parse_filter_and_projection(const Input& input, expression::Names& names, PageRequest& page) {
  if (input.filter_expression)
    page.filter = TRY(expression::parse_condition("FilterExpression", *input.filter_expression, names));
  if (input.projection_expression)
    page.projection = TRY(expression::parse_projection(*input.projection_expression, names));
  return {};
}

template <class Output>
void fill(Output& output, Page page, bool count_only) {
  if (!count_only) output.items = std::move(page.items);
  output.count = page.count;
  output.scanned_count = page.scanned_count;
  output.last_evaluated_key = std::move(page.last_evaluated_key);
}

}  // namespace leat::dynamodb
