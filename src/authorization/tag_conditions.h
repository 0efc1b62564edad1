#pragma once
// The condition keys of tags in requests: aws:RequestTag/… and aws:TagKeys.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html

#include "aws/service.h"

namespace leat::authorization {

// The tags that a request brings, and the keys that it names.
void add_request_tags(const aws::Authorization& asked, aws::ConditionKeys& keys);

}  // namespace leat::authorization
