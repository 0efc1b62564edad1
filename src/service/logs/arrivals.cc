#include "service/logs/arrivals.h"

#include "engine/kv/key.h"
#include "engine/kv/rows.h"

namespace leat::logs {
namespace {

constexpr std::size_t kMaxLookedAt = 10000;  // events, also those that are deleted
constexpr std::size_t kMaxBytes = 1U << 20;

// Adds the events of an arrival that are still there; the number of those that it had.
std::size_t add_events(const Logs& logs, const StreamId& group, std::string_view arrival, ArrivalPage& page,
                       std::size_t& bytes) {
  const std::string stream = kv::take_text(arrival);
  if (arrival.size() < 8) return 1;
  std::uint64_t number = kv::read_u64(arrival);
  const std::string prefix = events_prefix(group.account, group.region, group.group, stream);
  const std::size_t count = arrival.size() / 8 - 1;
  for (std::size_t i = 1; i <= count; ++i) {
    const auto time = static_cast<std::int64_t>(kv::read_u64(arrival.substr(i * 8)));
    const std::string row = event_row(prefix, {time, number++});
    const auto found = logs.store().get(row);
    if (!found.value) continue;
    kv::sound(row, [&] { page.events.push_back(decode_event(stream, row, *found.value)); });
    bytes += found.value->size();
  }
  return count;
}

}  // namespace

std::uint64_t arrival_at(TimePoint time) { return static_cast<std::uint64_t>(to_millis(time)) << 20; }

std::string arrivals_prefix(std::string_view account, std::string_view region, std::string_view group) {
  return kv::home_key(account, region, 'w', 'a') + kv::make_key(group);
}

std::string arrival_row(const StreamId& id, std::uint64_t arrival) {
  std::string key = arrivals_prefix(id.account, id.region, id.group);
  kv::append_u64(key, arrival);
  return key;
}

kv::Range arrivals_before(const aws::Caller& caller, std::string_view group, TimePoint time) {
  return {arrivals_prefix(caller.account, caller.region, group),
          arrival_row({caller.account, caller.region, std::string(group), ""}, arrival_at(time))};
}

std::string new_arrival(std::string_view stream, std::uint64_t first_number, std::span<const InputLogEvent> events) {
  std::string out = kv::make_key(stream);
  kv::append_u64(out, first_number);
  for (const auto& event : events) kv::append_u64(out, static_cast<std::uint64_t>(event.timestamp));
  return out;
}

ArrivalPage read_arrivals(const Logs& logs, const StreamId& group, std::uint64_t after) {
  kv::Range range = kv::prefix_range(arrivals_prefix(group.account, group.region, group.group));
  range.begin = arrival_row(group, after + 1);
  ArrivalPage page;
  page.after = after;
  std::size_t bytes = 0;
  std::size_t looked_at = 0;
  const auto cursor = logs.store().scan(range, kv::Direction::kForward);
  for (; cursor->valid() && looked_at < kMaxLookedAt && bytes < kMaxBytes; cursor->next()) {
    looked_at += add_events(logs, group, cursor->value(), page, bytes);
    page.after = kv::read_u64(cursor->key().substr(cursor->key().size() - 8));
  }
  page.more = cursor->valid();
  return page;
}

}  // namespace leat::logs
