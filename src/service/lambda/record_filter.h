#pragma once
// FilterCriteria: which records an event source mapping hands to its function.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace leat::lambda {

class RecordFilter {
 public:
  // Passes everything.
  RecordFilter() = default;

  // A record passes that matches any of the patterns. The error is AWS's message.
  static Result<RecordFilter, std::string> parse(const std::vector<std::string>& patterns);

  bool empty() const { return !patterns_; }
  bool passes(std::string_view record_json) const;

 private:
  struct Patterns;
  std::shared_ptr<const Patterns> patterns_;
};

}  // namespace leat::lambda
