#include <fmt/format.h>

#include "aws/dynamodb/operations.h"
#include "engine/kv/key.h"
#include "service/dynamodb/capacity.h"
#include "service/dynamodb/item_write.h"
#include "service/dynamodb/page.h"

namespace leat::dynamodb {
namespace {

std::unexpected<aws::Error> refuse(std::string message) { return aws::fail(errors::kValidation, std::move(message)); }

aws::Result<void> check_segments(const ScanInput& input) {
  if (input.segment && !input.total_segments) {
    return refuse(
        "The TotalSegments parameter is required but was not present in the request when Segment parameter is present");
  }
  if (!input.segment && input.total_segments) {
    return refuse(
        "The Segment parameter is required but was not present in the request when parameter TotalSegments is present");
  }
  if (input.segment && *input.segment >= *input.total_segments) {
    return refuse(fmt::format(
        "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: {} is not less "
        "than TotalSegments: {}",
        *input.segment, *input.total_segments));
  }
  return {};
}

// Partition hashes are spread evenly, so a segment is an equal share of them.
kv::Range segment_range(const Table& table, const ScanInput& input) {
  kv::Range whole = kv::prefix_range(table.item_prefix);
  if (!input.segment) return whole;
  const auto boundary = [&](std::int64_t segment) {
    std::string row = table.item_prefix;
    kv::append_u32(row, static_cast<std::uint32_t>((segment << 32) / *input.total_segments));
    return row;
  };
  const bool last = *input.segment + 1 == *input.total_segments;
  return {boundary(*input.segment), last ? whole.end : boundary(*input.segment + 1)};
}

}  // namespace

aws::Result<ScanOutput> scan(DynamoDb& db, const aws::Caller& caller, const ScanInput& input) {
  TRY_VOID(refuse_legacy("ScanFilter", input.scan_filter.has_value()));
  TRY_VOID(refuse_legacy("AttributesToGet", input.attributes_to_get.has_value()));
  const bool filtered = input.filter_expression.has_value();
  TRY_VOID(
      check_expression_use(input, {filtered || input.projection_expression, filtered, "FilterExpression is null"}));
  PageRequest request;
  request.count_only = TRY(check_select(input.select, input.projection_expression.has_value()));
  TRY_VOID(check_segments(input));
  expression::Names names(input.expression_attribute_names, input.expression_attribute_values);
  TRY_VOID(names.check());
  TRY_VOID(parse_filter_and_projection(input, names, request));
  TRY_VOID(names.check_all_used());

  request.table = TRY(db.tables().find(caller, input.table_name));
  if (input.index_name)
    return refuse(fmt::format("The table does not have the specified index: {}", *input.index_name));
  request.range = segment_range(*request.table, input);
  request.exclusive_start_key = input.exclusive_start_key;
  request.limit = input.limit;
  const TablePtr table = request.table;
  const bool count_only = request.count_only;
  Page page = TRY(read_page(db, std::move(request)));

  ScanOutput output;
  output.consumed_capacity =
      consumed(input.return_consumed_capacity, *table, read_units(page.bytes, input.consistent_read.value_or(false)));
  fill(output, std::move(page), count_only);
  return output;
}

}  // namespace leat::dynamodb
