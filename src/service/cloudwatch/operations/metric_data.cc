// GetMetricData: metrics, and expressions over them.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "aws/cloudwatch/operations.h"
#include "base/encoding.h"
#include "service/cloudwatch/cloudwatch.h"
#include "service/cloudwatch/math/evaluate.h"
#include "service/cloudwatch/math/search.h"
#include "service/cloudwatch/statistic.h"

namespace leat::cloudwatch {
namespace {

using math::Series;
using math::SeriesList;

constexpr std::size_t kMaxQueries = 500;
constexpr std::size_t kMaxFound = 500;  // metrics of a search
constexpr std::size_t kPage = 500;      // metrics that are looked at together
constexpr std::int32_t kMaxDatapoints = 100800;
constexpr std::int32_t kSearchPeriod = 300;  // seconds
constexpr std::size_t kMaxPoints = 2000000;  // of a request, with those that it only calculates with

std::unexpected<aws::Error> refuse(std::string message) { return aws::fail(errors::kValidation, std::move(message)); }

aws::Result<void> check(const GetMetricDataInput& input) {
  if (input.start_time >= input.end_time) return refuse("The parameter EndTime must be greater than StartTime.");
  if (input.metric_data_queries.size() > kMaxQueries)
    return refuse(fmt::format("The collection MetricDataQueries must not have a size greater than {}.", kMaxQueries));
  std::set<std::string> ids;
  for (const MetricDataQuery& query : input.metric_data_queries) {
    if (query.id.empty() || query.id.front() < 'a' || query.id.front() > 'z')
      return refuse(
          fmt::format("The value {} for parameter MetricDataQueries.member.{}.Id is not matching the expected pattern "
                      "^[a-z][a-zA-Z0-9_]*$.",
                      query.id, ids.size() + 1));
    if (!ids.insert(query.id).second) return refuse("The values for parameter id in MetricDataQueries are not unique.");
    if (query.metric_stat.has_value() == query.expression.has_value()) {
      return refuse(
          fmt::format("Exactly one of the parameters MetricDataQueries.member.{0}.MetricStat and "
                      "MetricDataQueries.member.{0}.Expression must be specified.",
                      ids.size()));
    }
  }
  return {};
}

// One request: each query is evaluated once, when it is first asked for.
class Data {
 public:
  Data(CloudWatch& cloudwatch, const aws::Caller& caller, const GetMetricDataInput& input)
      : cloudwatch_(cloudwatch), home_(home_of(caller)), input_(input) {}

  aws::Result<SeriesList> of(const MetricDataQuery& query) {
    if (query.metric_stat) return SeriesList{TRY(measured(*query.metric_stat, query.label))};
    if (lower_case(query.expression->substr(0, 7)) == "select ")
      return aws::fail(errors::kNotOffered, "leat does not offer Metrics Insights queries");
    const auto value = calculated(query);
    if (!value) return refuse(fmt::format("Error in expression '{}': {}", query.id, value.error()));
    if (std::holds_alternative<double>(*value)) {
      return refuse(fmt::format(
          "Error in expression '{}': The result is a number, not a time series. TIME_SERIES makes one of it.",
          query.id));
    }
    return labelled(*value, query);
  }

 private:
  // An expression's own series is called as the query is; each of several keeps its metric's name.
  static SeriesList labelled(const math::Value& value, const MetricDataQuery& query) {
    if (const auto* series = std::get_if<Series>(&value)) {
      Series out = *series;
      out.label = query.label.value_or(query.id);
      return {out};
    }
    SeriesList out = std::get<SeriesList>(value);
    for (Series& each : out) {
      if (query.label) each.label = fmt::format("{} {}", *query.label, each.label);
    }
    return out;
  }

  aws::Result<Series> measured(const MetricStat& stat, const std::optional<std::string>& label) {
    TRY_VOID(check_period(stat.period));
    Series out{label.value_or(stat.metric.metric_name.value_or("")), stat.period};
    const auto minutes = cloudwatch_.minutes(home_, stat.metric, input_.start_time, input_.end_time);
    if (minutes.size() > points_left_) return refuse("The request has too many data points");
    points_left_ -= minutes.size();
    for (const auto& [time, values] : by_period(minutes, stat.period)) {
      if (stat.unit && *stat.unit != values.unit()) continue;
      const auto value = statistic_of(values, stat.stat);
      if (!value) {
        return aws::fail(errors::kInvalidParameterValue,
                         fmt::format("The value {} for parameter Stat is not supported.", stat.stat));
      }
      out.points[time] = *value;
    }
    return out;
  }

  math::Evaluated calculated(const MetricDataQuery& query) {
    const auto expression = TRY(math::parse(*query.expression));
    return math::evaluate(
        expression,
        {[this](const std::string& id) { return by_id(id); }, [this](const std::string& text) { return metrics(text); },
         [this](const math::Scope::Search& wanted) { return found(wanted); }, input_.start_time, input_.end_time,
         query.period.value_or(smallest_period()), points_left_});
  }

  // What the request's metrics are asked for by.
  std::int32_t smallest_period() const {
    std::int32_t out = 0;
    for (const auto& query : input_.metric_data_queries) {
      if (query.metric_stat && (out == 0 || query.metric_stat->period < out)) out = query.metric_stat->period;
    }
    return out == 0 ? kSearchPeriod : out;
  }

  math::Evaluated by_id(const std::string& id) {
    if (const auto known = values_.find(id); known != values_.end()) return known->second;
    for (const MetricDataQuery& query : input_.metric_data_queries) {
      if (query.id != id) continue;
      if (!under_way_.insert(id).second) return math::error(fmt::format("{} refers to itself", id));
      math::Value value = TRY(query.metric_stat ? as_value(query) : calculated(query));
      under_way_.erase(id);
      return values_[id] = std::move(value);
    }
    return math::error(fmt::format("Undefined variable {}", id));
  }

  math::Evaluated as_value(const MetricDataQuery& query) {
    auto series = measured(*query.metric_stat, query.label);
    if (!series) return math::error(series.error().message);
    return std::move(*series);
  }

  Result<SeriesList, std::string> metrics(const std::string& text) {
    SeriesList out;
    for (const MetricDataQuery& query : input_.metric_data_queries) {
      if (query.metric_stat && query.id.find(text) != std::string::npos)
        out.push_back(std::get<Series>(TRY(by_id(query.id))));
    }
    return out;
  }

  Result<SeriesList, std::string> found(const math::Scope::Search& wanted) {
    const auto search = TRY(math::parse_search(wanted.text));
    SeriesList out;
    ListMetricsInput listed;
    listed.namespace_ = search.space;
    std::string after;
    do {
      const auto page = cloudwatch_.list(home_, listed, after, kPage);
      for (const Metric& metric : page.metrics) {
        if (!search.matches(metric)) continue;
        if (out.size() == kMaxFound) return out;
        MetricStat stat{metric, wanted.period, wanted.statistic, std::nullopt};
        auto series = measured(stat, label_of(metric));
        if (!series) return math::error(series.error().message);
        out.push_back(std::move(*series));
      }
      after = page.last;
    } while (!after.empty());
    return out;
  }

  // The values of its dimensions, and its name.
  static std::string label_of(const Metric& metric) {
    std::string out;
    for (const Dimension& each : metric.dimensions.value_or(std::vector<Dimension>())) out += each.value + ' ';
    return out + *metric.metric_name;
  }

  CloudWatch& cloudwatch_;
  const CloudWatch::Home home_;
  const GetMetricDataInput& input_;
  std::map<std::string, math::Value> values_;
  std::set<std::string> under_way_;
  std::size_t points_left_ = kMaxPoints;
};

// The data points of all results, one after another, from where the last page ended.
class Pages {
 public:
  static aws::Result<Pages> from(const GetMetricDataInput& input) {
    Pages out;
    out.left_ = static_cast<std::size_t>(input.max_datapoints.value_or(kMaxDatapoints));
    if (!input.next_token) return out;
    const std::string text = base64_decode(*input.next_token).value_or("");
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out.skip_);
    if (problem != std::errc() || end != text.data() + text.size() || text.empty())
      return aws::fail(errors::kInvalidNextToken, "The value for parameter NextToken is invalid.");
    out.given_ = out.skip_;
    return out;
  }

  // Nothing where it was on an earlier page, or is on a later one.
  std::optional<MetricDataResult> cut(MetricDataResult result) {
    auto& times = *result.timestamps;
    auto& values = *result.values;
    const std::size_t skipped = std::min(skip_, times.size());
    skip_ -= skipped;
    if (skipped > 0 && skipped == times.size()) return std::nullopt;
    if (full_) return std::nullopt;
    times.erase(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(skipped));
    values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(skipped));
    full_ = times.size() > left_;
    result.status_code = full_ ? "PartialData" : "Complete";
    times.resize(std::min(times.size(), left_));
    values.resize(times.size());
    left_ -= times.size();
    given_ += times.size();
    return result;
  }

  std::optional<std::string> next_token() const {
    return full_ ? std::optional(base64_encode(std::to_string(given_))) : std::nullopt;
  }

 private:
  std::size_t skip_ = 0, left_ = 0, given_ = 0;
  bool full_ = false;
};

MetricDataResult result_of(const std::string& id, const Series& series, bool newest_first) {
  MetricDataResult out;
  out.id = id;
  out.label = series.label;
  auto& times = out.timestamps.emplace();
  auto& values = out.values.emplace();
  for (const auto& [time, value] : series.points) {
    times.push_back(time);
    values.push_back(value);
  }
  if (newest_first) {
    std::reverse(times.begin(), times.end());
    std::reverse(values.begin(), values.end());
  }
  return out;
}

}  // namespace

aws::Result<GetMetricDataOutput> get_metric_data(CloudWatch& cloudwatch, const aws::Caller& caller,
                                                 const GetMetricDataInput& input) {
  TRY_VOID(check(input));
  Pages pages = TRY(Pages::from(input));
  Data data(cloudwatch, caller, input);
  const bool newest_first = input.scan_by.value_or("TimestampDescending") == "TimestampDescending";
  GetMetricDataOutput output;
  auto& results = output.metric_data_results.emplace();
  output.messages.emplace();
  for (const MetricDataQuery& query : input.metric_data_queries) {
    const SeriesList found = TRY(data.of(query));
    if (!query.return_data.value_or(true)) continue;
    for (const Series& series : found) {
      if (auto result = pages.cut(result_of(query.id, series, newest_first))) results.push_back(std::move(*result));
    }
  }
  output.next_token = pages.next_token();
  return output;
}

}  // namespace leat::cloudwatch
