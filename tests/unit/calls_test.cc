// Operations called from inside meet the checks that requests meet.

#include <gtest/gtest.h>

#include <future>

#include "aws/dynamodb/types.h"
#include "aws/sqs/types.h"
#include "testing/test_app.h"

namespace leat {
namespace {

constexpr std::string_view kRegion = "us-east-1", kAccount = "000000000000";

aws::Caller root() {
  aws::Caller out;
  out.account = kAccount;
  out.region = kRegion;
  out.arn = "arn:aws:iam::000000000000:root";
  out.endpoint = "http://localhost:4566";
  return out;
}

class CallsTest : public ::testing::Test {
 protected:
  aws::Result<std::string> call(const aws::Caller& caller, std::string_view service, std::string_view operation,
                                std::string_view json) {
    std::promise<aws::Result<std::string>> answer;
    app_.calls().call_json(caller, service, operation, json,
                      aws::Reply<std::string>([&](aws::Result<std::string> got) { answer.set_value(std::move(got)); }));
    return answer.get_future().get();
  }
  void must(std::string_view service, std::string_view operation, std::string_view json) {
    const auto done = call(root(), service, operation, json);
    ASSERT_TRUE(done) << done.error().message;
  }
  void make_table() {
    must("dynamodb", "CreateTable", R"({"TableName": "things", "BillingMode": "PAY_PER_REQUEST",
      "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
      "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]})");
  }

  testing::TestApp app_;
};

constexpr std::string_view kPut = R"({"TableName": "things", "Item": {"id": {"S": "a"}}})";
constexpr std::string_view kGet = R"({"TableName": "things", "Key": {"id": {"S": "a"}}})";

TEST_F(CallsTest, ByNameAndByType) {
  make_table();
  must("dynamodb", "PutItem", kPut);
  EXPECT_EQ(call(root(), "dynamodb", "GetItem", kGet).value(), R"({"Item":{"id":{"S":"a"}}})");
  std::promise<aws::Result<dynamodb::DescribeTableOutput>> answer;
  app_.calls().call<dynamodb::DescribeTableOutput>(
      root(), "dynamodb", "DescribeTable", dynamodb::DescribeTableInput{.table_name = "things"},
      aws::Reply<dynamodb::DescribeTableOutput>([&](auto got) { answer.set_value(std::move(got)); }));
  EXPECT_EQ(answer.get_future().get()->table->table_name, "things");
}

TEST_F(CallsTest, WhatIsWrongIsRefusedInAwsWords) {
  EXPECT_EQ(call(root(), "dynamodb", "GetItem", "{").error().type, &aws::errors::kSerialization);
  const auto lacking = call(root(), "kinesis", "DescribeStreamSummary", R"({"StreamName": "no spaces"})");
  EXPECT_EQ(lacking.error().type, &aws::errors::kValidation);
  EXPECT_NE(lacking.error().message.find("at 'streamName' failed to satisfy constraint"), std::string::npos);
  EXPECT_EQ(call(root(), "dynamodb", "Juggle", "{}").error().type, &aws::errors::kUnknownOperation);
  EXPECT_EQ(call(root(), "juggler", "GetItem", "{}").error().type, &aws::errors::kUnknownOperation);
}

TEST_F(CallsTest, AWriteThatFailsIsNoAnswerOfSuccess) {
  make_table();
  app_.store().fail_commit(1);
  EXPECT_EQ(call(root(), "dynamodb", "PutItem", kPut).error().type, &aws::errors::kInternalFailure);
  EXPECT_EQ(call(root(), "dynamodb", "GetItem", kGet).value(), "{}");
}

TEST_F(CallsTest, ARoleMayWhatItsPoliciesSay) {
  make_table();
  must("iam", "CreateRole", R"({"RoleName": "reader", "AssumeRolePolicyDocument": "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"lambda.amazonaws.com\"}, \"Action\": \"sts:AssumeRole\"}]}"})");
  must("iam", "PutRolePolicy", R"({"RoleName": "reader", "PolicyName": "reads", "PolicyDocument": "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"dynamodb:GetItem\", \"Resource\": \"*\"}]}"})");
  const aws::Caller reader = aws::role_caller("arn:aws:iam::000000000000:role/reader", kRegion);
  EXPECT_TRUE(call(reader, "dynamodb", "GetItem", kGet));
  EXPECT_EQ(call(reader, "dynamodb", "PutItem", kPut).error().type, &aws::errors::kAccessDenied);
  must("iam", "DeleteRolePolicy", R"({"RoleName": "reader", "PolicyName": "reads"})");
  must("iam", "DeleteRole", R"({"RoleName": "reader"})");
  EXPECT_FALSE(call(reader, "dynamodb", "GetItem", kGet)) << "the role is gone";
}

TEST_F(CallsTest, NobodyIsRootByTheNameOfARole) {
  make_table();
  for (const std::string_view arn : {"arn:aws:iam::000000000000:root", "root", "", "arn:aws:sts::000000000000:assumed-role/a/:root"})
    EXPECT_FALSE(call(aws::role_caller(arn, kRegion), "dynamodb", "GetItem", kGet)) << arn;
}

TEST_F(CallsTest, AServiceMayWhatTheResourceSays) {
  must("sqs", "CreateQueue", R"({"QueueName": "inbox"})");
  const aws::Caller rule = aws::service_caller("events.amazonaws.com", "arn:aws:events:us-east-1:000000000000:rule/daily");
  const std::string_view send = R"({"QueueUrl": "http://localhost:4566/000000000000/inbox", "MessageBody": "tick"})";
  EXPECT_EQ(call(rule, "sqs", "SendMessage", send).error().type, &aws::errors::kAccessDenied);
  must("sqs", "SetQueueAttributes", R"({"QueueUrl": "http://localhost:4566/000000000000/inbox", "Attributes": {"Policy": "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"events.amazonaws.com\"}, \"Action\": \"sqs:SendMessage\", \"Resource\": \"*\", \"Condition\": {\"ArnEquals\": {\"aws:SourceArn\": \"arn:aws:events:us-east-1:000000000000:rule/daily\"}}}]}"}})");
  EXPECT_TRUE(call(rule, "sqs", "SendMessage", send));
  const aws::Caller other = aws::service_caller("events.amazonaws.com", "arn:aws:events:us-east-1:000000000000:rule/other");
  EXPECT_FALSE(call(other, "sqs", "SendMessage", send));
  EXPECT_FALSE(call(rule, "sqs", "ReceiveMessage", R"({"QueueUrl": "http://localhost:4566/000000000000/inbox"})"));
  EXPECT_FALSE(call(rule, "dynamodb", "ListTables", "{}"));
}

}  // namespace
}  // namespace leat
