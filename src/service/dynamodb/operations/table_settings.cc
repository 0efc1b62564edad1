// What tools ask an account for: limits and endpoints.

#include "aws/dynamodb/operations.h"
#include "service/dynamodb/dynamodb.h"

namespace leat::dynamodb {

aws::Result<DescribeEndpointsResponse> describe_endpoints(DynamoDb&, const aws::Caller& caller,
                                                          const DescribeEndpointsRequest&) {
  constexpr std::int64_t kCacheMinutes = 1440;
  DescribeEndpointsResponse output;
  output.endpoints.push_back({caller.endpoint.substr(caller.endpoint.find("//") + 2), kCacheMinutes});
  return output;
}

aws::Result<DescribeLimitsOutput> describe_limits(DynamoDb&, const aws::Caller&, const DescribeLimitsInput&) {
  constexpr std::int64_t kAccountUnits = 80000;
  constexpr std::int64_t kTableUnits = 40000;
  return DescribeLimitsOutput{kAccountUnits, kAccountUnits, kTableUnits, kTableUnits};
}

}  // namespace leat::dynamodb
