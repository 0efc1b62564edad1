#pragma once
// What requests show of a group's events: since when, and how much at once.

#include "service/logs/logs.h"
#include "service/logs/retention.h"

namespace leat::logs {

// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
inline constexpr std::int32_t kMaxPageEvents = 10000;
inline constexpr std::size_t kMaxPageBytes = 1U << 20;

// As it counts for kMaxPageBytes.
inline std::size_t size_of(const StoredEvent& event) { return event.message.size() + 26; }

// Rows of a stream between two times, in milliseconds, the later one exclusive.
inline kv::Range time_range(const std::string& prefix, std::int64_t start, const std::optional<std::int64_t>& end) {
  kv::Range range = kv::prefix_range(prefix);
  range.begin = event_row(prefix, {std::max<std::int64_t>(start, 0), 0});
  if (end) range.end = event_row(prefix, {std::max<std::int64_t>(*end, 0), 0});
  return range;
}

inline std::int64_t shown_since(const Logs& logs, const aws::Caller& caller, const std::string& group,
                                const std::optional<std::int64_t>& wanted) {
  const auto found = logs.group(caller, group);
  return std::max(wanted.value_or(0), found ? oldest_shown(logs, *found) : 0);
}

}  // namespace leat::logs
