#include "service/kinesis/iterator.h"

#include "base/encoding.h"
#include "engine/kv/key.h"

namespace leat::kinesis {

std::string Iterator::token() const {
  std::string bytes = kv::make_key(stream_arn, shard_id);
  kv::append_u64(bytes, position);
  kv::append_u64(bytes, static_cast<std::uint64_t>(to_millis(created)));
  return base64_encode(bytes);
}

std::optional<Iterator> Iterator::parse(std::string_view token) {
  const auto bytes = base64_decode(token);
  if (!bytes) return std::nullopt;
  std::string_view rest = *bytes;
  Iterator out;
  out.stream_arn = kv::take_text(rest);
  out.shard_id = kv::take_text(rest);
  if (rest.size() != 16) return std::nullopt;
  out.position = kv::read_u64(rest);
  out.created = from_millis(static_cast<std::int64_t>(kv::read_u64(rest.substr(8))));
  return out;
}

std::string ShardsPage::token() const { return base64_encode(kv::make_key(stream, after)); }

std::optional<ShardsPage> ShardsPage::parse(std::string_view token) {
  const auto bytes = base64_decode(token);
  if (!bytes) return std::nullopt;
  std::string_view rest = *bytes;
  ShardsPage out;
  out.stream = kv::take_text(rest);
  out.after = kv::take_text(rest);
  if (out.stream.empty() || out.after.empty()) return std::nullopt;
  return out;
}

}  // namespace leat::kinesis
