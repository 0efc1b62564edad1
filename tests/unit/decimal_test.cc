#include "service/dynamodb/value/decimal.h"

#include <gtest/gtest.h>

#include <vector>

namespace leat::dynamodb {
namespace {

std::string canonical(std::string_view text) {
  auto decimal = Decimal::parse(text);
  return decimal ? decimal->text() : "error: " + decimal.error();
}

TEST(Decimal, CanonicalText) {
  EXPECT_EQ(canonical("0"), "0");
  EXPECT_EQ(canonical("-0.000"), "0");
  EXPECT_EQ(canonical("00012.3400"), "12.34");
  EXPECT_EQ(canonical("+1e2"), "100");
  EXPECT_EQ(canonical("-1.5E-3"), "-0.0015");
  EXPECT_EQ(canonical(".5"), "0.5");
  EXPECT_EQ(canonical("5."), "5");
  EXPECT_EQ(canonical("99999999999999999999999999999999999999"), "99999999999999999999999999999999999999");
  EXPECT_EQ(canonical("1E125").size(), 126U);
  EXPECT_EQ(canonical("1E-130").size(), 132U);
}

TEST(Decimal, WhatIsRefused) {
  EXPECT_EQ(canonical(""), "error: The parameter cannot be converted to a numeric value: ");
  for (const char* text : {"x", "1x", "1e", "--1", "1.2.3", "NaN", "Infinity", " 1", "1 ", "0x10"}) {
    EXPECT_EQ(canonical(text), std::string("error: The parameter cannot be converted to a numeric value: ") + text);
  }
  EXPECT_EQ(canonical("1E126"),
            "error: Number overflow. Attempting to store a number with magnitude larger than supported range");
  EXPECT_EQ(canonical("1E99999999999"),
            "error: Number overflow. Attempting to store a number with magnitude larger than supported range");
  EXPECT_EQ(canonical("1E-131"),
            "error: Number underflow. Attempting to store a number with magnitude smaller than supported range");
  EXPECT_EQ(canonical("123456789012345678901234567890123456789"),
            "error: Attempting to store more than 38 significant digits in a Number");
}

TEST(Decimal, OrderOfBytesIsOrderOfNumbers) {
  const std::vector<std::string> ascending = {
      "-9.99E125", "-1E20", "-101", "-100", "-99.5", "-1", "-0.5", "-0.05", "-1E-130", "0",    "1E-130",
      "0.049",     "0.05",  "0.5",  "1",    "1.01",  "9",  "10",   "99.5",  "100",     "1E20", "9.99E125"};
  std::string previous;
  for (const std::string& text : ascending) {
    std::string bytes;
    Decimal::parse(text)->append_ordered(bytes);
    EXPECT_LT(previous, bytes) << text;
    std::string_view rest = bytes;
    EXPECT_EQ(Decimal::take_ordered(rest).text(), canonical(text));
    EXPECT_TRUE(rest.empty());
    previous = bytes;
  }
}

TEST(Decimal, ExactSums) {
  const auto sum = [](std::string_view left, std::string_view right) {
    auto result = add(*Decimal::parse(left), *Decimal::parse(right));
    return result ? result->text() : "error: " + result.error();
  };
  EXPECT_EQ(sum("0.1", "0.2"), "0.3");
  EXPECT_EQ(sum("999", "1"), "1000");
  EXPECT_EQ(sum("-5", "5"), "0");
  EXPECT_EQ(sum("100", "-0.01"), "99.99");
  EXPECT_EQ(sum("-100", "0.01"), "-99.99");
  EXPECT_EQ(sum("1E37", "1"), "10000000000000000000000000000000000001");
  EXPECT_EQ(sum("1E38", "1"), "error: Number overflow. Attempting to store a number with magnitude larger than supported range");
  EXPECT_EQ(sum("9.9E125", "9.9E125"),
            "error: Number overflow. Attempting to store a number with magnitude larger than supported range");
  EXPECT_EQ(subtract(*Decimal::parse("1"), *Decimal::parse("0.9"))->text(), "0.1");
}

}  // namespace
}  // namespace leat::dynamodb
