#include "service/kinesis/consumer.h"

#include "aws/shape_json.h"

namespace leat::kinesis {

std::vector<ConsumerDescription> consumers_of(const Kinesis& kinesis, const Stream& stream) {
  std::vector<ConsumerDescription> out;
  const auto cursor = kinesis.store().scan(
      kv::prefix_range(consumers_prefix(stream.account, stream.region, stream.name())), kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) out.push_back(aws::from_json<ConsumerDescription>(cursor->value()));
  return out;
}

}  // namespace leat::kinesis
