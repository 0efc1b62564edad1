#pragma once
// Tags of streams and consumers, by their ARN.

#include "service/kinesis/kinesis.h"

namespace leat::kinesis {

using Tags = aws::Map<std::string>;

Tags load_tags(const Kinesis& kinesis, const aws::Caller& caller, std::string_view arn);
void stage_tags(kv::Batch& batch, const aws::Caller& caller, std::string_view arn, const Tags& tags);

}  // namespace leat::kinesis
