#pragma once
// Statistics by name: Sum, Average, p99.9 …
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html

#include <map>
#include <optional>
#include <string_view>

#include "aws/error.h"
#include "base/clock.h"
#include "service/cloudwatch/metric_values.h"

namespace leat::cloudwatch {

// nullopt where there is no such statistic.
std::optional<double> statistic_of(const MetricValues& values, std::string_view name);

// InvalidParameterValue where data cannot be asked for by that many seconds.
aws::Result<void> check_period(std::int32_t seconds);

// Minutes gathered into periods of `seconds`, aligned to it.
std::map<TimePoint, MetricValues> by_period(const std::map<TimePoint, MetricValues>& minutes, std::int32_t seconds);

}  // namespace leat::cloudwatch
