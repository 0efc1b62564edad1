#pragma once
// Capacity units, as ReturnConsumedCapacity reports them.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html

#include <algorithm>
#include <optional>
#include <string>

#include "aws/dynamodb/types.h"
#include "service/dynamodb/table.h"

namespace leat::dynamodb {

// 4 KB a unit, half for an eventually consistent read; at least one.
inline double read_units(std::size_t bytes, bool consistent) {
  const double units = static_cast<double>(std::max<std::size_t>(1, (bytes + 4095) / 4096));
  return consistent ? units : units / 2;
}

// 1 KB a unit, at least one.
inline double write_units(std::size_t bytes) {
  return static_cast<double>(std::max<std::size_t>(1, (bytes + 1023) / 1024));
}

// What the response carries for `mode` (NONE, TOTAL or INDEXES), or nothing.
inline std::optional<ConsumedCapacity> consumed(const std::optional<std::string>& mode, const Table& table,
                                                double units) {
  if (!mode || *mode == "NONE") return std::nullopt;
  ConsumedCapacity out;
  out.table_name = table.name();
  out.capacity_units = units;
  if (*mode == "INDEXES") out.table.emplace().capacity_units = units;
  return out;
}

}  // namespace leat::dynamodb
