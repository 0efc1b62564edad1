#include "runtime/dns.h"

#include <gtest/gtest.h>

namespace leat::runtime {
namespace {

using namespace std::string_literals;

const auto kHere = [](std::string_view name) { return name == "here.test"; };

std::string query(std::string_view question, std::string_view flags = {"\x01\0", 2}) {
  return "ab" + std::string(flags) + "\0\1\0\0\0\0\0\0"s + std::string(question);
}

const std::string kQuestion = "\4HERE\4test\0\0\1\0\1"s;

TEST(Dns, NamesThatAreHereLeadToLoopback) {
  EXPECT_EQ(answer_dns(query(kQuestion), kHere),
            "ab\x81\x80\0\1\0\1\0\0\0\0"s + kQuestion + "\xC0\x0C\0\1\0\1\0\0\0\x3C\0\4\x7F\0\0\1"s);
}

TEST(Dns, TheyHaveNoAddressOfTheNewerVersion) {
  const std::string question = "\4here\4test\0\0\x1C\0\1"s;
  EXPECT_EQ(answer_dns(query(question), kHere), "ab\x81\x80\0\1\0\0\0\0\0\0"s + question);
}

TEST(Dns, OthersDoNotExist) {
  const std::string question = "\5there\4test\0\0\1\0\1"s;
  EXPECT_EQ(answer_dns(query(question), kHere), "ab\x81\x83\0\1\0\0\0\0\0\0"s + question);
  EXPECT_TRUE(asks_elsewhere(query(question), kHere));
  EXPECT_FALSE(asks_elsewhere(query(kQuestion), kHere));
}

TEST(Dns, WhatIsNoQueryIsNotAnswered) {
  EXPECT_EQ(answer_dns("", kHere), "");
  EXPECT_EQ(answer_dns("ab\1\0\0\1\0\0\0\0\0"s, kHere), "");
  EXPECT_EQ(answer_dns(query(kQuestion, {"\x81\0", 2}), kHere), "");
}

TEST(Dns, EveryBeginningOfAQueryIsMalformed) {
  const std::string whole = query(kQuestion);
  for (std::size_t size = 12; size < whole.size(); ++size) {
    EXPECT_EQ(answer_dns(std::string_view(whole).substr(0, size), kHere), "ab\x81\x81\0\0\0\0\0\0\0\0"s) << size;
    EXPECT_FALSE(asks_elsewhere(std::string_view(whole).substr(0, size), kHere));
  }
}

TEST(Dns, PointersAndLongNamesAreMalformed) {
  std::string longest;
  for (int i = 0; i < 5; ++i) longest += "\x3F" + std::string(63, 'x');
  for (const std::string& question : {"\xC0\x0C\0\1\0\1"s, longest + "\0\0\1\0\1"s, "\4here\4test\0\0\1\0\3"s})
    EXPECT_EQ(answer_dns(query(question), kHere), "ab\x81\x81\0\0\0\0\0\0\0\0"s);
}

TEST(Dns, OtherOperationsAreNotImplemented) {
  EXPECT_EQ(answer_dns(query(kQuestion, {"\x10\0", 2}), kHere), "ab\x80\x84\0\0\0\0\0\0\0\0"s);
}

}  // namespace
}  // namespace leat::runtime
