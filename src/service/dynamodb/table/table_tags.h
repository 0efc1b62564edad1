#pragma once
// The tags of a table: what is refused, and where.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html

#include <string_view>
#include <vector>

#include "aws/dynamodb/types.h"
#include "aws/error.h"

namespace leat::dynamodb {

inline constexpr std::size_t kMaxTags = 50;

// ValidationException, in AWS's words of 2026.
aws::Result<void> check_tags(const std::vector<Tag>& tags);
aws::Result<void> check_tag_count(std::size_t count);

// Of a table or a stream, as what has tags is named.
aws::Result<void> check_tagged_arn(std::string_view arn);

}  // namespace leat::dynamodb
