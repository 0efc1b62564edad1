#pragma once
// Filter patterns over unstructured events: terms, quoted phrases, ?alternatives and -exclusions.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace leat::logs {

class FilterPattern {
 public:
  // The error is AWS's message.
  static Result<FilterPattern, std::string> parse(std::string_view text);

  // Every required term occurs, no excluded one does, and one of the alternatives where there are any.
  bool matches(std::string_view message) const;

 private:
  std::vector<std::string> required_, excluded_, alternatives_;
};

}  // namespace leat::logs
