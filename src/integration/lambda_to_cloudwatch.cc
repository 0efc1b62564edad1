#include "integration/lambda_to_cloudwatch.h"

namespace leat::integration {

void LambdaMetrics::add(const lambda::MetricOwner& owner, std::initializer_list<lambda::Measurement> measurements) {
  const TimePoint now = cloudwatch_.parts().clock.now();
  for (const auto& [name, value, unit] : measurements) {
    cloudwatch::MetricValues point;
    point.set_unit(std::string(unit));
    point.add(value);
    cloudwatch::Metric metric;
    metric.namespace_ = "AWS/Lambda";
    metric.metric_name = name;
    // By function, by function and what was asked for, and over all functions.
    metric.dimensions.emplace();
    cloudwatch_.add({owner.account, owner.region}, metric, now, point);
    metric.dimensions->push_back({"FunctionName", owner.function});
    cloudwatch_.add({owner.account, owner.region}, metric, now, point);
    metric.dimensions->push_back({"Resource", owner.resource});
    cloudwatch_.add({owner.account, owner.region}, metric, now, point);
  }
}

}  // namespace leat::integration
