#include <fmt/format.h>

#include "aws/dynamodb/operations.h"
#include "engine/kv/key.h"
#include "service/dynamodb/query/page.h"
#include "service/dynamodb/table/table_change.h"

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
kv::Range segment_range(const std::string& prefix, const ScanInput& input) {
  kv::Range whole = kv::prefix_range(prefix);
  if (!input.segment) return whole;
  const auto boundary = [&](std::int64_t segment) {
    std::string row = prefix;
    kv::append_u32(row, static_cast<std::uint32_t>((segment << 32) / *input.total_segments));
    return row;
  };
  const bool last = *input.segment + 1 == *input.total_segments;
  return {boundary(*input.segment), last ? whole.end : boundary(*input.segment + 1)};
}

}  // namespace

aws::Result<ScanOutput> scan(DynamoDb& db, const aws::Caller& caller, const ScanInput& input) {
  TRY_VOID(check_parameters({{{"ProjectionExpression", input.projection_expression.has_value()},
                              {"FilterExpression", input.filter_expression.has_value()}},
                             {{"AttributesToGet", input.attributes_to_get.has_value()},
                              {"ScanFilter", input.scan_filter.has_value()},
                              {"ConditionalOperator", input.conditional_operator.has_value()}},
                             input.expression_attribute_names.has_value(),
                             input.expression_attribute_values.has_value()},
                            kLayer<ScanInput>));
  TRY_VOID(check_segments(input));
  PageRequest request;
  expression::Names names(input.expression_attribute_names, input.expression_attribute_values, kLayer<ScanInput>);
  TRY_VOID(names.check());
  TRY_VOID(read_page_parameters(input, input.scan_filter, names, request));
  TRY_VOID(names.check_all_used());

  TRY_VOID(find_target(db, caller, {input.table_name, input.index_name}, request));
  request.range = segment_range(request.schema().prefix, input);
  request.by_partitions = billing_mode(request.table->description) == "PAY_PER_REQUEST";
  return answer_page<ScanOutput>(db, std::move(request), input.return_consumed_capacity);
}

}  // namespace leat::dynamodb
