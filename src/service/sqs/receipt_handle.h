#pragma once
// Receipt handles: which receiving of which message.
//
//   handle := base64( 1 1 1 u64(queue) u64(number) u32(receives) )

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leat::sqs {

struct ReceiptHandle {
  std::uint64_t queue;  // a digest of its ARN
  std::uint64_t number;
  std::uint32_t receives;

  std::string text() const;
  static std::optional<ReceiptHandle> parse(std::string_view text);
};

}  // namespace leat::sqs
