#pragma once
// ReportBatchItemFailures: which items of a batch a function says it failed.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leat::lambda {

// The identifiers in a function's answer; none where it reports nothing. nullopt where what it reports cannot be read:
// the whole batch has failed.
std::optional<std::vector<std::string>> batch_item_failures(std::string_view payload);

}  // namespace leat::lambda
