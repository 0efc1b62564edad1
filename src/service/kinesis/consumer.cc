#include "service/kinesis/consumer.h"

#include <fmt/format.h>

#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "engine/kv/rows.h"

namespace leat::kinesis {

std::string consumer_name_in(std::string_view arn) {
  constexpr std::string_view kMark = "/consumer/";
  const auto mark = arn.find(kMark);
  if (mark == std::string_view::npos) return {};
  const std::string_view rest = arn.substr(mark + kMark.size());
  return std::string(rest.substr(0, rest.find(':')));
}

std::optional<ConsumerDescription> find_consumer(const Kinesis& kinesis, const Stream& stream, std::string_view name) {
  const auto row =
      kinesis.store().get(consumers_prefix(stream.account, stream.region, stream.name()) + kv::make_key(name));
  if (!row.value) return std::nullopt;
  return aws::from_json<ConsumerDescription>(*row.value);
}

aws::Result<Registered> find_consumer(Kinesis& kinesis, const aws::Caller& caller, const std::string& arn) {
  StreamPtr stream = TRY(kinesis.find_shared(caller, std::nullopt, std::string(stream_arn_in(arn))));
  auto consumer = find_consumer(kinesis, *stream, consumer_name_in(arn));
  if (!consumer || consumer->consumer_arn != arn) return consumer_not_found(caller, arn);
  return Registered{std::move(stream), std::move(*consumer)};
}

std::unexpected<aws::Error> consumer_not_found(const aws::Caller& caller, std::string_view consumer) {
  return aws::fail(errors::kResourceNotFound,
                   fmt::format("Consumer {}, account {} not found.", consumer, caller.account));
}

std::vector<ConsumerDescription> consumers_of(const Kinesis& kinesis, const Stream& stream) {
  std::vector<ConsumerDescription> out;
  const auto cursor = kinesis.store().scan(
      kv::prefix_range(consumers_prefix(stream.account, stream.region, stream.name())), kv::Direction::kForward);
  for (; cursor->valid(); cursor->next())
    kv::sound(cursor->key(), [&] { out.push_back(aws::from_json<ConsumerDescription>(cursor->value())); });
  return out;
}

}  // namespace leat::kinesis
