#pragma once
// The CloudWatch service, as far as metrics go: sums by the minute, kept for 15 days.
//
//   home   := text(account) text(region) 'x'
//   metric := home 'i' text(namespace) text(name) dimensions   Metric, JSON; written when its first value comes
//   minute := home 'd' text(namespace) text(name) dimensions u64(minute)   MetricValues
//   dimensions := text(name) text(value) … in the order of their names, then text("")
//
// Values gather in memory for a second before they are stored, so that a busy function costs one row a second.

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aws/service.h"
#include "aws/cloudwatch/types.h"
#include "engine/kv/store.h"
#include "engine/schedule/schedule.h"
#include "runtime/timers.h"
#include "service/cloudwatch/metric_values.h"

namespace leat::cloudwatch {

struct CloudWatchParts {
  kv::Store& store;
  const Clock& clock;
  runtime::Timers& timers;
  schedule::Schedule& schedule;
};

class CloudWatch final : public aws::Service {
 public:
  explicit CloudWatch(CloudWatchParts parts);

  CloudWatchParts& parts() { return parts_; }

  struct Home {
    std::string account, region;
  };
  // Gathers; stored within a second. From any thread.
  void add(const Home& home, const Metric& metric, TimePoint time, const MetricValues& values);

  // Stores what has gathered.
  void flush();

  // The minutes from `begin` up to `end`, without those of which nothing is known.
  std::map<TimePoint, MetricValues> minutes(const Home& home, const Metric& metric, TimePoint begin, TimePoint end);

  // In the order of their rows, from the one after `after`; the row of the last.
  struct Page {
    std::vector<Metric> metrics;
    std::string last;
  };
  Page list(const Home& home, const ListMetricsInput& wanted, const std::string& after, std::size_t limit);

  void start() override;
  void forget() override;

 private:
  void store(std::map<std::string, MetricValues>& gathered, const std::map<std::string, Metric>& metrics);

  CloudWatchParts parts_;
  std::mutex mutex_;
  std::map<std::string, MetricValues> gathered_;  // by minute row
  std::map<std::string, Metric> named_;           // by metric row: those of what has gathered
  std::set<std::string> known_;                   // metric rows that are stored
  bool armed_ = false;
  std::mutex store_mutex_;  // one flush at a time
};

inline CloudWatch::Home home_of(const aws::Caller& caller) { return {caller.account, caller.region}; }

inline constexpr Duration kRetention = std::chrono::hours(24 * 15);

// Durable work: what is older than 15 days goes.
void keep_retention(CloudWatch& cloudwatch);
inline constexpr const char* kRetentionKind = "cloudwatch-retention";

std::string metric_row(const CloudWatch::Home& home, const Metric& metric);
std::string metrics_prefix(const CloudWatch::Home& home);
// The rows of a metric's minutes, from that of its own row.
std::string minutes_prefix(std::string metric_row);

}  // namespace leat::cloudwatch
