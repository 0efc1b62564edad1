#pragma once
// What Lambda counts, as CloudWatch's metrics.
//
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html

#include "service/cloudwatch/cloudwatch.h"
#include "service/lambda/ports.h"

namespace leat::integration {

class LambdaMetrics final : public lambda::MetricSink {
 public:
  explicit LambdaMetrics(cloudwatch::CloudWatch& cloudwatch) : cloudwatch_(cloudwatch) {}

  void add(const lambda::MetricOwner& owner, std::initializer_list<lambda::Measurement> measurements) override;

 private:
  cloudwatch::CloudWatch& cloudwatch_;
};

}  // namespace leat::integration
