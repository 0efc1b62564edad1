#pragma once
// The texts of SEARCH: which metrics they mean.
//
//   '{AWS/Lambda,FunctionName} MetricName="Errors" NOT FunctionName=test'
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "aws/cloudwatch/types.h"
#include "base/result.h"

namespace leat::cloudwatch::math {

struct MetricSearch {
  std::optional<std::string> space;  // the namespace that the schema names
  std::function<bool(const Metric& metric)> matches;
};

// The error is a message.
Result<MetricSearch, std::string> parse_search(std::string_view text);

}  // namespace leat::cloudwatch::math
