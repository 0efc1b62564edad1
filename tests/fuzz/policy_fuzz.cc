// Any text as a policy, and any text as what it is asked.

#include <cstdint>

#include "aws/policy/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leat;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = text.find('\n');
  const std::string rest(line == std::string_view::npos ? std::string_view() : text.substr(line + 1));
  using Keys = aws::PolicyContext::Keys;
  for (const auto kind : {aws::PolicyKind::kIdentity, aws::PolicyKind::kTrust, aws::PolicyKind::kResource}) {
    const auto policy = aws::PolicyDocument::parse(text.substr(0, line), kind);
    (void)policy.decide({"sqs:SendMessage", rest, Keys{{"aws:username", rest}, {"aws:currenttime", rest}}});
    (void)policy.decide({rest, "*"}, {.account = rest, .arn = rest, .role = rest});
  }
  return 0;
}
