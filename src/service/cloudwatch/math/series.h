#pragma once
// What expressions over metrics are about: numbers, time series and lists of them.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#metric-math-syntax

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace leat::cloudwatch::math {

struct Series {
  std::string label;
  std::int32_t period = 60;  // seconds
  std::map<TimePoint, double> points = {};
};
using SeriesList = std::vector<Series>;
using Value = std::variant<double, Series, SeriesList>;

// The error is AWS's message, or what comes closest to it.
using Evaluated = Result<Value, std::string>;

inline std::unexpected<std::string> error(std::string message) { return std::unexpected(std::move(message)); }

}  // namespace leat::cloudwatch::math
