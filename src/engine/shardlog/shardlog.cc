#include "engine/shardlog/shardlog.h"

#include "engine/kv/key.h"

namespace leat::shardlog {
namespace {

constexpr std::size_t kHeader = sizeof(std::uint64_t);

TimePoint time_in(std::string_view record) { return from_millis(static_cast<std::int64_t>(kv::read_u64(record))); }

}  // namespace

void Log::append(kv::Batch& batch, std::string_view log, TimePoint now, std::string_view payload) {
  std::string record;
  record.reserve(kHeader + payload.size());
  kv::append_u64(record, static_cast<std::uint64_t>(to_millis(now)));
  record += payload;
  batch.append(log, record);
}

Log::Slice Log::read(kv::LogPosition from, Limits limits) const {
  Slice slice{{}, from};
  const kv::LogPosition durable = end();
  if (from >= durable) {
    const auto last = store_.get(kv::log_key(name_, durable - 1));
    slice.ended = last.value && last.value->size() == kHeader;
    return slice;
  }
  const auto cursor = store_.scan({kv::log_key(name_, from), kv::log_key(name_, durable)}, kv::Direction::kForward);
  std::size_t bytes = 0;
  for (; cursor->valid() && slice.records.size() < limits.records; cursor->next()) {
    const kv::LogPosition position = kv::log_position(cursor->key());
    slice.ended = cursor->value().size() == kHeader;
    bytes += cursor->value().size();
    if (!slice.records.empty() && !slice.ended && bytes > limits.bytes) break;
    slice.next = position + 1;
    if (slice.ended) break;
    slice.records.push_back({position, time_in(cursor->value()), std::string(cursor->value().substr(kHeader))});
  }
  return slice;
}

kv::LogPosition Log::committed_end() const {
  const auto last = store_.scan(kv::prefix_range(name_), kv::Direction::kBackward);
  return last->valid() ? kv::log_position(last->key()) + 1 : 1;
}

std::optional<TimePoint> Log::closed_at() const {
  const auto last = store_.scan(kv::prefix_range(name_), kv::Direction::kBackward);
  if (!last->valid() || last->value().size() != kHeader) return std::nullopt;
  return time_in(last->value());
}

std::optional<kv::LogPosition> Log::oldest() const {
  const auto cursor = store_.scan(kv::prefix_range(name_), kv::Direction::kForward);
  if (!cursor->valid()) return std::nullopt;
  return kv::log_position(cursor->key());
}

std::optional<TimePoint> Log::time_of(kv::LogPosition position) const {
  const auto found = store_.get(kv::log_key(name_, position));
  if (!found.value) return std::nullopt;
  return time_in(*found.value);
}

kv::LogPosition Log::first(TimePoint horizon) const {
  const auto start = oldest();
  kv::LogPosition high = end();
  if (!start) return high;
  // Times do not decrease along a log, so the place is found by halving.
  kv::LogPosition low = *start;
  while (low < high) {
    const kv::LogPosition middle = low + (high - low) / 2;
    const auto time = time_of(middle);
    if (time && *time >= horizon)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

void Log::trim(TimePoint horizon) {
  const auto start = oldest();
  const kv::LogPosition newest = end();
  if (!start || newest <= 1) return;
  const kv::LogPosition keep = std::min(first(horizon), newest - 1);
  if (keep <= *start) return;
  kv::Batch batch;
  batch.erase(kv::Range{kv::log_key(name_, *start), kv::log_key(name_, keep)});
  (void)store_.commit(batch);
}

}  // namespace leat::shardlog
