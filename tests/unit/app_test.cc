// The whole app on a store that fails when it is told to.

#include <gtest/gtest.h>

#include "testing/test_app.h"

namespace leat {
namespace {

constexpr const char* kTable = R"({"TableName": "things", "BillingMode": "PAY_PER_REQUEST",
  "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
  "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
  "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"}})";

std::string put(const std::string& id) { return R"({"TableName": "things", "Item": {"id": {"S": ")" + id + R"("}}})"; }

TEST(App, AFailedCommitIsAnErrorAndChangesNothing) {
  testing::TestApp app;
  ASSERT_EQ(app.call("CreateTable", kTable).status, 200);
  ASSERT_EQ(app.call("PutItem", put("before")).status, 200);
  app.store().fail_commit(1);
  const auto failed = app.call("PutItem", put("lost"));
  EXPECT_EQ(failed.status, 500);
  EXPECT_NE(failed.body.find("InternalServerError"), std::string::npos) << failed.body;
  ASSERT_EQ(app.call("PutItem", put("after")).status, 200);
  const auto scan = app.call("Scan", R"({"TableName": "things", "Select": "COUNT"})");
  EXPECT_NE(scan.body.find("\"Count\":2"), std::string::npos) << scan.body;
  EXPECT_EQ(app.call("GetItem", R"({"TableName": "things", "Key": {"id": {"S": "lost"}}})").body, "{}");
}

TEST(App, ATableWhoseCommitFailedDoesNotExist) {
  testing::TestApp app;
  app.store().fail_commit(1);
  EXPECT_EQ(app.call("CreateTable", kTable).status, 500);
  EXPECT_EQ(app.call("DescribeTable", R"({"TableName": "things"})").status, 400);
  EXPECT_EQ(app.call("CreateTable", kTable).status, 200);
}

}  // namespace
}  // namespace leat
