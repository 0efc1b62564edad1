#pragma once
// Time to live: items are removed when the time in one of their attributes has come.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
//
// Each item with such a time has an entry that sorts by it, written in the item's own commit, so what is due is found
// without looking at the table. One durable timer a table waits for the earliest entry.

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "service/dynamodb/table/table.h"
#include "service/dynamodb/value/stored_item.h"

namespace leat::dynamodb {

class DynamoDb;

// When the item expires: nothing where the attribute is missing or no number, or lies over five years back.
std::optional<TimePoint> expiry_of(const Table& table, const Item& item, TimePoint now);

// Remembers for when each table's timer is set.
class ExpiryTimers {
 public:
  // True where no timer is set for `time` or before it.
  bool needs(const std::string& table_id, TimePoint time) const;
  void set(const std::string& table_id, TimePoint time);
  // The table's timer has fired.
  void fired(const std::string& table_id, TimePoint now);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, TimePoint> earliest_;
};

inline constexpr const char* kExpiryKind = "dynamodb-expiry";

// The payload of a table's timer.
std::string expiry_payload(const Table& table);

// An entry's row.
std::string expiry_row(const Table& table, TimePoint time, std::string_view place);

// Registers who removes, and removes what came due while the server was down.
void keep_time_to_live(DynamoDb& db);

}  // namespace leat::dynamodb
