#include "aws/dynamodb/operations.h"
#include "service/dynamodb/dynamodb.h"

namespace leat::dynamodb {

aws::Result<ListTablesOutput> list_tables(DynamoDb& db, const aws::Caller& caller, const ListTablesInput& input) {
  constexpr std::int32_t kPage = 100;
  const auto limit = static_cast<std::size_t>(input.limit.value_or(kPage));
  ListTablesOutput output;
  auto names = db.tables().names(caller, input.exclusive_start_table_name, limit + 1);
  if (names.size() > limit) {
    names.pop_back();
    output.last_evaluated_table_name = names.back();
  }
  output.table_names = std::move(names);
  return output;
}

}  // namespace leat::dynamodb
