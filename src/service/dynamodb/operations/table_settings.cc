// The read-only settings of tables and accounts that tools ask for: limits, endpoints and backups, as of a table
// on which nothing was changed.

#include <fmt/format.h>

#include "aws/dynamodb/operations.h"
#include "service/dynamodb/dynamodb.h"

namespace leat::dynamodb {

aws::Result<DescribeContinuousBackupsOutput> describe_continuous_backups(DynamoDb& db, const aws::Caller& caller,
                                                                         const DescribeContinuousBackupsInput& input) {
  TRY(db.tables().find(caller, input.table_name));
  DescribeContinuousBackupsOutput output;
  auto& description = output.continuous_backups_description.emplace();
  description.continuous_backups_status = "ENABLED";
  description.point_in_time_recovery_description.emplace().point_in_time_recovery_status = "DISABLED";
  return output;
}

aws::Result<DescribeEndpointsResponse> describe_endpoints(DynamoDb&, const aws::Caller& caller,
                                                          const DescribeEndpointsRequest&) {
  constexpr std::int64_t kCacheMinutes = 1440;
  DescribeEndpointsResponse output;
  output.endpoints.push_back({fmt::format("dynamodb.{}.amazonaws.com", caller.region), kCacheMinutes});
  return output;
}

aws::Result<DescribeLimitsOutput> describe_limits(DynamoDb&, const aws::Caller&, const DescribeLimitsInput&) {
  constexpr std::int64_t kAccountUnits = 80000;
  constexpr std::int64_t kTableUnits = 40000;
  return DescribeLimitsOutput{kAccountUnits, kAccountUnits, kTableUnits, kTableUnits};
}

}  // namespace leat::dynamodb
