#pragma once
// The functions of expressions over metrics, and what evaluating them has in common.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#metric-math-syntax-functions-list

#include <cmath>

#include "service/cloudwatch/math/evaluate.h"

namespace leat::cloudwatch::math {

// A value that is no number has no point.
inline void set_point(Series& series, TimePoint time, double value) {
  if (std::isfinite(value)) series.points[time] = value;
}

template <class Each>
Value each_series(const Value& value, const Each& each) {
  if (const auto* series = std::get_if<Series>(&value)) return each(*series);
  SeriesList out;
  for (const Series& series : std::get<SeriesList>(value)) out.push_back(each(series));
  return out;
}

template <class Each>
Value each_point(const Value& value, const Each& each) {
  if (const auto* number = std::get_if<double>(&value)) return each(*number);
  return each_series(value, [&](const Series& series) {
    Series out{series.label, series.period};
    for (const auto& [time, point] : series.points) set_point(out, time, each(point));
    return out;
  });
}

Evaluated call(const Expression& expression, const Scope& scope);

}  // namespace leat::cloudwatch::math
