#include <fmt/format.h>

#include "aws/dynamodbstreams/operations.h"
#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "engine/kv/rows.h"
#include "service/dynamodb/stream/streams.h"
#include "service/dynamodb/table/key.h"
#include "service/dynamodb/table/table.h"

namespace leat::dynamodbstreams {

aws::Result<ListStreamsOutput> list_streams(Streams& streams, const aws::Caller& caller,
                                            const ListStreamsInput& input) {
  constexpr std::int32_t kPage = 100;
  std::string prefix = dynamodb::home_key(caller.account, caller.region, 's');
  if (input.table_name) prefix += kv::make_key(dynamodb::table_name_in(caller, *input.table_name));
  kv::Range range = kv::prefix_range(prefix);
  if (input.exclusive_start_stream_arn) {
    // Whether it is still there does not matter.
    const auto start = parse_stream_arn(*input.exclusive_start_stream_arn);
    if (!start || start->account != caller.account || start->region != caller.region)
      return aws::fail(errors::kValidation, fmt::format("Invalid StreamArn: {}", *input.exclusive_start_stream_arn));
    range.begin = dynamodb::stream_row(caller.account, caller.region, start->table, start->label) + '\0';
  }
  const auto limit = static_cast<std::size_t>(input.limit.value_or(kPage));
  ListStreamsOutput output;
  auto& found = output.streams.emplace();
  const auto cursor = streams.store().scan(range, kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    if (found.size() == limit) {
      output.last_evaluated_stream_arn = found.back().stream_arn;
      break;
    }
    kv::sound(cursor->key(), [&] {
      const auto row = aws::from_json<StreamDescription>(cursor->value());
      found.push_back({row.stream_arn, row.table_name, row.stream_label});
    });
  }
  return output;
}

}  // namespace leat::dynamodbstreams
