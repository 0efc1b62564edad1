#pragma once
// Provisioned throughput, enforced where the server was told to: each table and each global index has the units of its
// seconds, and keeps what it did not use for five minutes. On demand only the maximum that a user has set counts.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "base/clock.h"
#include "service/dynamodb/table/table.h"

namespace leat::dynamodb {

struct CapacityUse;

enum class Access : std::uint8_t { kRead, kWrite };

class Throttle {
 public:
  Throttle(const Clock& clock, bool enabled) : clock_(clock), enabled_(enabled) {}

  bool enabled() const { return enabled_; }

  // ProvisionedThroughputExceededException where the table's units, or that index's, are used up. A request that is let
  // in may use more than is left; the next one waits for it.
  aws::Result<void> admit(const Table& table, std::string_view index, Access access);

  // A write also needs units of every global index.
  aws::Result<void> admit_write(const Table& table);

  void charge(const Table& table, const CapacityUse& use, Access access);

 private:
  struct Bucket {
    double units;
    TimePoint at;
  };
  // Null where nothing limits.
  Bucket* bucket(const Table& table, std::string_view index, Access access);

  const Clock& clock_;
  bool enabled_;
  std::mutex mutex_;
  std::map<std::string, Bucket, std::less<>> buckets_;
};

}  // namespace leat::dynamodb
