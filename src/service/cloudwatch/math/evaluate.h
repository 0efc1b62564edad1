#pragma once
// What an expression over metrics comes to.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html

#include <functional>

#include "service/cloudwatch/math/expression.h"
#include "service/cloudwatch/math/series.h"

namespace leat::cloudwatch::math {

// What the request around an expression gives it.
struct Scope {
  std::function<Evaluated(const std::string& id)> by_id;
  // The request's metrics whose ids contain the text.
  std::function<Result<SeriesList, std::string>(const std::string& text)> metrics;
  struct Search {
    std::string text, statistic;
    std::int32_t period;  // seconds
  };
  std::function<Result<SeriesList, std::string>(const Search& search)> search;
  TimePoint begin, end;
  std::int32_t period;  // seconds, where nothing else says it
  // What all expressions of the request together may still hold: a short text can ask for endless series.
  std::size_t& points_left;

  Result<void, std::string> take_points(std::size_t count) const {
    if (count > points_left) return error("The request has too many data points");
    points_left -= count;
    return {};
  }
};

Evaluated evaluate(const Expression& expression, const Scope& scope);

}  // namespace leat::cloudwatch::math
