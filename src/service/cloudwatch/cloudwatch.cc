#include "service/cloudwatch/cloudwatch.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "aws/cloudwatch/operations.h"
#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "engine/kv/rows.h"

namespace leat::cloudwatch {
namespace {

constexpr Duration kMinute = std::chrono::minutes(1);
constexpr Duration kGathering = std::chrono::seconds(1);

std::string home_key(const CloudWatch::Home& home, char room) {
  return kv::home_key(home.account, home.region, 'x', room);
}

std::string minute_row(const std::string& metric_row, TimePoint time) {
  std::string key = minutes_prefix(metric_row);
  kv::append_u64(key, static_cast<std::uint64_t>(to_millis(time) / kMinute.count()));
  return key;
}

bool has_dimensions(const Metric& metric, const std::vector<DimensionFilter>& wanted) {
  const auto dimensions = metric.dimensions.value_or(std::vector<Dimension>());
  return std::all_of(wanted.begin(), wanted.end(), [&](const DimensionFilter& filter) {
    return std::any_of(dimensions.begin(), dimensions.end(), [&](const Dimension& each) {
      return each.name == filter.name && (!filter.value || *filter.value == each.value);
    });
  });
}

void look(CloudWatch& cloudwatch, const std::string& row) {
  auto& parts = cloudwatch.parts();
  const TimePoint horizon = parts.clock.now() - kRetention;
  kv::Batch batch;
  batch.erase(kv::Range{minutes_prefix(row), minute_row(row, horizon)});
  const auto rest =
      parts.store.scan({minute_row(row, horizon), kv::prefix_range(minutes_prefix(row)).end}, kv::Direction::kForward);
  if (rest->valid())
    parts.schedule.add(batch, kRetentionKind, parts.clock.now() + std::chrono::hours(24), row);
  else
    batch.erase(row);
  (void)parts.store.commit(batch);
}

}  // namespace

std::string metrics_prefix(const CloudWatch::Home& home) { return home_key(home, 'i'); }

CloudWatch::CloudWatch(CloudWatchParts parts) : Service(kModel), parts_(parts) {}

void CloudWatch::start() { keep_retention(*this); }

std::string metric_row(const CloudWatch::Home& home, const Metric& metric) {
  std::string key =
      metrics_prefix(home) + kv::make_key(metric.namespace_.value_or(""), metric.metric_name.value_or(""));
  auto dimensions = metric.dimensions.value_or(std::vector<Dimension>());
  std::sort(dimensions.begin(), dimensions.end(),
            [](const auto& left, const auto& right) { return left.name < right.name; });
  for (const Dimension& each : dimensions) key += kv::make_key(each.name, each.value);
  return key + kv::make_key(std::string_view());
}

std::string minutes_prefix(std::string row) {
  // The two rooms differ in one letter, behind account, region and service.
  std::string_view rest = row;
  (void)kv::take_text(rest);
  (void)kv::take_text(rest);
  row[row.size() - rest.size() + 1] = 'd';
  return row;
}

void CloudWatch::add(const Home& home, const Metric& metric, TimePoint time, const MetricValues& values) {
  const std::string row = metric_row(home, metric);
  std::lock_guard lock(mutex_);
  gathered_[minute_row(row, time)].merge(values);
  if (!known_.contains(row)) named_.emplace(row, metric);
  if (armed_) return;
  armed_ = true;
  parts_.timers.at(parts_.clock.now() + kGathering, [this] {
    try {
      flush();
    } catch (const kv::StoreFailure& failure) {  // lint: catch (metrics of a second are lost, nothing else)
      spdlog::error("metrics: {}", failure.what());
    }
  });
}

void CloudWatch::flush() {
  std::lock_guard store_lock(store_mutex_);
  std::map<std::string, MetricValues> gathered;
  std::map<std::string, Metric> named;
  {
    std::lock_guard lock(mutex_);
    gathered.swap(gathered_);
    named.swap(named_);
    armed_ = false;
  }
  if (!gathered.empty()) store(gathered, named);
}

void CloudWatch::store(std::map<std::string, MetricValues>& gathered, const std::map<std::string, Metric>& named) {
  kv::Batch batch;
  for (auto& [row, values] : gathered) {
    if (const auto before = parts_.store.get(row); before.value) {
      kv::sound(row, [&] {
        MetricValues sum = MetricValues::decode(*before.value);
        sum.merge(values);
        values = std::move(sum);
      });
    }
    batch.put(row, values.encode());
  }
  bool first = false;
  for (const auto& [row, metric] : named) {
    if (parts_.store.get(row).value) continue;
    batch.put(row, aws::to_json(metric));
    parts_.schedule.add(batch, kRetentionKind, parts_.clock.now() + kRetention, row);
    first = true;
  }
  (void)parts_.store.commit(batch);
  if (first) parts_.schedule.armed(kRetentionKind);
  std::lock_guard lock(mutex_);
  constexpr std::size_t kMostKnown = 10000;  // it only saves a lookup
  if (known_.size() > kMostKnown) known_.clear();
  for (const auto& [row, metric] : named) known_.insert(row);
}

std::map<TimePoint, MetricValues> CloudWatch::minutes(const Home& home, const Metric& metric, TimePoint begin,
                                                      TimePoint end) {
  flush();
  std::map<TimePoint, MetricValues> out;
  const std::string row = metric_row(home, metric);
  begin = std::max(begin, parts_.clock.now() - kRetention);
  if (begin >= end) return out;
  const auto cursor = parts_.store.scan({minute_row(row, begin), minute_row(row, end + kMinute - Duration(1))},
                                        kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    const auto minute = static_cast<std::int64_t>(kv::read_u64(cursor->key().substr(cursor->key().size() - 8)));
    kv::sound(cursor->key(),
              [&] { out[from_millis(minute * kMinute.count())] = MetricValues::decode(cursor->value()); });
  }
  return out;
}

CloudWatch::Page CloudWatch::list(const Home& home, const ListMetricsInput& wanted, const std::string& after,
                                  std::size_t limit) {
  flush();
  std::string prefix = metrics_prefix(home);
  if (wanted.namespace_) prefix += kv::make_key(*wanted.namespace_);
  kv::Range range = kv::prefix_range(prefix);
  if (!after.empty()) range.begin = after + '\0';
  Page out;
  const auto cursor = parts_.store.scan(range, kv::Direction::kForward);
  for (; cursor->valid() && out.metrics.size() < limit; cursor->next()) {
    auto metric = kv::read_sound(*cursor, &aws::from_json<Metric>);
    if (!metric || (wanted.metric_name && metric->metric_name != wanted.metric_name)) continue;
    if (!has_dimensions(*metric, wanted.dimensions.value_or(std::vector<DimensionFilter>()))) continue;
    out.metrics.push_back(std::move(*metric));
    out.last = cursor->key();
  }
  if (!cursor->valid()) out.last.clear();
  return out;
}

void CloudWatch::forget() {
  std::lock_guard lock(mutex_);
  gathered_.clear();
  named_.clear();
  known_.clear();
}

void keep_retention(CloudWatch& cloudwatch) {
  cloudwatch.parts().schedule.handle(kRetentionKind, [&cloudwatch](const std::string& row) { look(cloudwatch, row); });
}

}  // namespace leat::cloudwatch
