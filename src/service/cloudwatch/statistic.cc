#include "service/cloudwatch/statistic.h"

#include <algorithm>
#include <charconv>

#include "aws/cloudwatch/types.h"

namespace leat::cloudwatch {

std::optional<double> statistic_of(const MetricValues& values, std::string_view name) {
  if (name == "SampleCount") return values.count();
  if (name == "Sum") return values.sum();
  if (name == "Average") return values.average();
  if (name == "Minimum") return values.least();
  if (name == "Maximum") return values.most();
  if (!name.starts_with('p')) return std::nullopt;
  double percent = 0;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), percent);
  if (error != std::errc() || end != name.data() + name.size() || percent < 0 || percent > 100) return std::nullopt;
  return values.percentile(percent / 100);
}

aws::Result<void> check_period(std::int32_t seconds) {
  const bool high_resolution = seconds == 1 || seconds == 5 || seconds == 10 || seconds == 20 || seconds == 30;
  if (high_resolution || (seconds > 0 && seconds % 60 == 0)) return {};
  return aws::fail(errors::kInvalidParameterValue, "The parameter Period must be a multiple of 60.");
}

std::map<TimePoint, MetricValues> by_period(const std::map<TimePoint, MetricValues>& minutes, std::int32_t seconds) {
  const std::int64_t period = std::max<std::int64_t>(seconds, 60) * 1000;
  std::map<TimePoint, MetricValues> out;
  for (const auto& [time, values] : minutes) out[from_millis(to_millis(time) / period * period)].merge(values);
  return out;
}

}  // namespace leat::cloudwatch
