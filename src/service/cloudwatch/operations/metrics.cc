#include <fmt/format.h>

#include <algorithm>

#include "aws/cloudwatch/operations.h"
#include "base/encoding.h"
#include "service/cloudwatch/cloudwatch.h"
#include "service/cloudwatch/statistic.h"

namespace leat::cloudwatch {
namespace {

constexpr std::size_t kMaxData = 1000;
constexpr std::size_t kMaxPoints = 1440;
constexpr std::size_t kMetricsPage = 500;

std::unexpected<aws::Error> invalid(std::string message) {
  return aws::fail(errors::kInvalidParameterValue, std::move(message));
}

// The values of one datum: one, a set, or values with their counts.
aws::Result<MetricValues> values_of(const MetricDatum& datum) {
  MetricValues out;
  if (datum.unit) out.set_unit(*datum.unit);
  const int forms = (datum.value ? 1 : 0) + (datum.statistic_values ? 1 : 0) + (datum.values ? 1 : 0);
  if (forms > 1) {
    return aws::fail(errors::kInvalidParameterCombination,
                     "The parameters MetricData.member.1.Value and MetricData.member.1.StatisticValues are mutually "
                     "exclusive and you have specified both.");
  }
  if (forms == 0)
    return aws::fail(errors::kMissingRequiredParameter,
                     "At least one of the parameters must be specified: Value, Values or StatisticValues.");
  if (datum.value) out.add(*datum.value);
  if (const auto& set = datum.statistic_values) out.add_set(set->sample_count, set->sum, set->minimum, set->maximum);
  if (datum.values) {
    const auto& counts = datum.counts;
    if (counts && counts->size() != datum.values->size())
      return invalid(
          "The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size.");
    for (std::size_t i = 0; i < datum.values->size(); ++i) out.add((*datum.values)[i], counts ? (*counts)[i] : 1);
  }
  return out;
}

Metric metric_of(const std::string& space, const std::string& name,
                 const std::optional<std::vector<Dimension>>& dimensions) {
  Metric out;
  out.namespace_ = space;
  out.metric_name = name;
  out.dimensions = dimensions ? dimensions : std::vector<Dimension>();
  return out;
}

}  // namespace

aws::Result<void> put_metric_data(CloudWatch& cloudwatch, const aws::Caller& caller, const PutMetricDataInput& input) {
  const auto data = input.metric_data.value_or(std::vector<MetricDatum>());
  if (data.empty()) return aws::fail(errors::kMissingRequiredParameter, "The parameter MetricData is required.");
  if (data.size() > kMaxData)
    return invalid(fmt::format("The collection MetricData must not have a size greater than {}.", kMaxData));
  const TimePoint now = cloudwatch.parts().clock.now();
  std::vector<MetricValues> values;
  for (const MetricDatum& datum : data) {
    values.push_back(TRY(values_of(datum)));
    const TimePoint time = datum.timestamp.value_or(now);
    if (time < now - std::chrono::hours(24 * 14) || time > now + std::chrono::hours(2))
      return invalid(
          "The parameter MetricData.member.1.Timestamp must be within two weeks before and two hours after now.");
  }
  for (std::size_t i = 0; i < data.size(); ++i) {
    cloudwatch.add(home_of(caller), metric_of(input.namespace_, data[i].metric_name, data[i].dimensions),
                   data[i].timestamp.value_or(now), values[i]);
  }
  cloudwatch.flush();  // what is acknowledged is stored
  return {};
}

aws::Result<GetMetricStatisticsOutput> get_metric_statistics(CloudWatch& cloudwatch, const aws::Caller& caller,
                                                             const GetMetricStatisticsInput& input) {
  TRY_VOID(check_period(input.period));
  if (input.start_time >= input.end_time)
    return invalid("The parameter StartTime must be less than the parameter EndTime.");
  if (!input.statistics && !input.extended_statistics)
    return aws::fail(errors::kInvalidParameterCombination,
                     "At least one of the parameters Statistics and ExtendedStatistics must be specified.");
  const auto points =
      static_cast<std::size_t>((input.end_time - input.start_time) / std::chrono::seconds(input.period));
  if (points > kMaxPoints) {
    return aws::fail(
        errors::kInvalidParameterCombination,
        fmt::format("You have requested up to {} datapoints, which exceeds the limit of {}. You may reduce the "
                    "datapoints requested by increasing Period, or decreasing the time range.",
                    points, kMaxPoints));
  }
  const Metric metric = metric_of(input.namespace_, input.metric_name, input.dimensions);
  GetMetricStatisticsOutput output;
  output.label = input.metric_name;
  auto& shown = output.datapoints.emplace();
  const auto minutes = cloudwatch.minutes(home_of(caller), metric, input.start_time, input.end_time);
  for (const auto& [time, values] : by_period(minutes, input.period)) {
    if (input.unit && *input.unit != values.unit()) continue;
    auto& point = shown.emplace_back();
    point.timestamp = time;
    point.unit = values.unit();
    for (const auto& name : input.statistics.value_or(std::vector<std::string>())) {
      auto& slot = name == "SampleCount" ? point.sample_count
                   : name == "Average"   ? point.average
                   : name == "Sum"       ? point.sum
                   : name == "Minimum"   ? point.minimum
                                         : point.maximum;
      slot = statistic_of(values, name);
    }
    if (!input.extended_statistics) continue;
    auto& extended = point.extended_statistics.emplace();
    for (const auto& name : *input.extended_statistics) {
      const auto value = statistic_of(values, name);
      if (!value)
        return invalid(fmt::format("The value {} for parameter ExtendedStatistics.member.1 is not supported.", name));
      extended[name] = *value;
    }
  }
  return output;
}

aws::Result<ListMetricsOutput> list_metrics(CloudWatch& cloudwatch, const aws::Caller& caller,
                                            const ListMetricsInput& input) {
  const std::string after = input.next_token ? base64_decode(*input.next_token).value_or("") : "";
  if (!after.empty() && !after.starts_with(metrics_prefix(home_of(caller))))
    return invalid("The value for parameter NextToken is invalid.");
  auto page = cloudwatch.list(home_of(caller), input, after, kMetricsPage);
  ListMetricsOutput output;
  output.metrics = std::move(page.metrics);
  if (!page.last.empty()) output.next_token = base64_encode(page.last);
  return output;
}

}  // namespace leat::cloudwatch
