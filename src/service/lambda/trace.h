#pragma once
// The chain of requests that an invocation belongs to, and how often each function has run in it: X-Amzn-Trace-Id.
//
//   Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=a87bd80c:1|68fd508a:5
//
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace leat::lambda {

class Trace {
 public:
  // What cannot be read of a header is passed over.
  explicit Trace(std::string_view header);

  // Runs of the function, of that unqualified ARN.
  std::size_t runs_of(std::string_view family) const;

  // The header for one more run of the function. A chain without a root gets one of the request's id.
  std::string with_run_of(std::string_view family, std::string_view request_id, TimePoint now) const;

 private:
  std::string_view root_, sampled_;  // in the header
  std::vector<std::pair<std::string_view, std::size_t>> lineage_;
};

}  // namespace leat::lambda
