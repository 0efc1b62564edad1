#pragma once
// What a group's streams were given, in the order in which it came: who follows a group reads what came after a place.
//
//   arrival := home 'a' text(group) u64(arrival)    text(stream) u64(number of its first event) { u64(event's time) }
//
// An arrival's number begins with the time of its coming, and is greater than all earlier ones.

#include <span>

#include "service/logs/logs.h"

namespace leat::logs {

std::uint64_t arrival_at(TimePoint time);
std::string arrivals_prefix(std::string_view account, std::string_view region, std::string_view group);
std::string arrival_row(const StreamId& id, std::uint64_t arrival);
kv::Range arrivals_before(const aws::Caller& caller, std::string_view group, TimePoint time);
std::string new_arrival(std::string_view stream, std::uint64_t first_number, std::span<const InputLogEvent> events);

// At most 1 MB or 10,000 events and one arrival more.
struct ArrivalPage {
  std::vector<StoredEvent> events;
  std::uint64_t after = 0;  // the last arrival that was looked at
  bool more = false;        // may have come already
};
ArrivalPage read_arrivals(const Logs& logs, const StreamId& group, std::uint64_t after);

}  // namespace leat::logs
