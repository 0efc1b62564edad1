#include <gtest/gtest.h>

#include "base/encoding.h"
#include "service/lambda/function_error.h"

namespace leat {
namespace {

TEST(JsonText, MembersOfAnObjectThatHasBegun) {
  std::string out = "{";
  append_json_member(out, "a", "{");
  append_json_member(out, "b\"", "\n");
  EXPECT_EQ(out + '}', R"({"a":"{","b\"":"\n"})");
}

TEST(FunctionError, WrittenAndRead) {
  const std::string json = lambda::error_json("Runtime.ExitError", "it \"ended\"\n");
  EXPECT_EQ(json, R"({"errorType":"Runtime.ExitError","errorMessage":"it \"ended\"\n"})");
  EXPECT_EQ(lambda::error_message_in(json), "it \"ended\"\n");
}

TEST(FunctionError, WhatSaysNone) {
  for (const char* json : {"", "{", "[]", "\"errorMessage\"", "3", "null", "{}", R"({"errorMessage":1})", R"({"errorMessage":null})"})
    EXPECT_EQ(lambda::error_message_in(json), std::nullopt) << json;
}

}  // namespace
}  // namespace leat
