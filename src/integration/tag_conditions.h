#pragma once
// The condition keys of tags: aws:RequestTag/…, aws:TagKeys and aws:ResourceTag/….
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html

#include <functional>

#include "aws/authorizer.h"
#include "service/dynamodb/dynamodb.h"
#include "aws/policy/policy.h"
#include "service/kinesis/kinesis.h"
#include "service/lambda/lambda.h"
#include "service/sqs/sqs.h"

namespace leat::integration {

using ResourceTags = std::function<aws::Map<std::string>(std::string_view arn)>;

// The services whose resources have tags.
struct TaggedServices {
  dynamodb::DynamoDb& dynamodb;
  kinesis::Kinesis& kinesis;
  lambda::Lambda& lambda;
  sqs::Sqs& sqs;
};
// The tags of a resource; of an index, a stream or a version those of what it belongs to. Empty where there is none.
aws::Map<std::string> resource_tags(const TaggedServices& services, std::string_view arn);

// The tags that a request brings, and the keys that it names.
void add_request_tags(const aws::Authorization& asked, aws::PolicyContext::Keys& keys);

}  // namespace leat::integration
