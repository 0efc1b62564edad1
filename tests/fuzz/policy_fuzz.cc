// Any text as a policy, and any text as what it is asked.

#include <cstdint>

#include "service/iam/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leat;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = text.find('\n');
  const auto policy = iam::PolicyDocument::parse(text.substr(0, line));
  if (!policy) return 0;
  const std::string rest(line == std::string_view::npos ? std::string_view() : text.substr(line + 1));
  (void)policy->decide({"sqs:SendMessage", rest, iam::PolicyContext::Keys{{"aws:username", rest}, {"aws:currenttime", rest}}});
  (void)policy->decide({rest, "*"}, {rest});
  return 0;
}
