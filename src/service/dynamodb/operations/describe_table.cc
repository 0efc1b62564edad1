#include "aws/dynamodb/operations.h"
#include "service/dynamodb/table/table_change.h"

namespace leat::dynamodb {

aws::Result<DescribeTableOutput> describe_table(DynamoDb& db, const aws::Caller& caller,
                                                const DescribeTableInput& input) {
  DescribeTableOutput output;
  output.table = present(db, *TRY(db.tables().find_any(caller, input.table_name)));
  return output;
}

}  // namespace leat::dynamodb
