#include "service/sqs/receipt_handle.h"

#include "base/encoding.h"
#include "engine/kv/key.h"

namespace leat::sqs {
namespace {

constexpr std::string_view kMark = "\1\1\1";  // "AQEB", as AWS's handles begin
constexpr std::size_t kSize = 3 + 8 + 8 + 4;

}  // namespace

std::string ReceiptHandle::text() const {
  std::string bytes(kMark);
  kv::append_u64(bytes, queue);
  kv::append_u64(bytes, number);
  kv::append_u32(bytes, receives);
  return base64_encode(bytes);
}

std::optional<ReceiptHandle> ReceiptHandle::parse(std::string_view text) {
  const auto bytes = base64_decode(text);
  if (!bytes || bytes->size() != kSize || !bytes->starts_with(kMark)) return std::nullopt;
  const std::string_view rest = std::string_view(*bytes).substr(kMark.size());
  ReceiptHandle out{kv::read_u64(rest), kv::read_u64(rest.substr(8)), 0};
  for (char c : rest.substr(16)) out.receives = out.receives << 8 | static_cast<unsigned char>(c);
  return out;
}

}  // namespace leat::sqs
