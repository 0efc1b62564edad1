#include "aws/dynamodb/operations.h"
#include "service/dynamodb/dynamodb.h"

namespace leat::dynamodb {

aws::Result<DescribeTableOutput> describe_table(DynamoDb& db, const aws::Caller& caller,
                                                const DescribeTableInput& input) {
  DescribeTableOutput output;
  output.table = TRY(db.tables().find(caller, input.table_name))->description;
  return output;
}

}  // namespace leat::dynamodb
