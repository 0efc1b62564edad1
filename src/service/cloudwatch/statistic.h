#pragma once
// Statistics by name: Sum, Average, p99.9 …
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html

#include <map>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "service/cloudwatch/metric_values.h"

namespace leat::cloudwatch {

// nullopt where there is no such statistic.
std::optional<double> statistic_of(const MetricValues& values, std::string_view name);

// Minutes gathered into periods of `seconds`, aligned to it.
std::map<TimePoint, MetricValues> by_period(const std::map<TimePoint, MetricValues>& minutes, std::int32_t seconds);

}  // namespace leat::cloudwatch
