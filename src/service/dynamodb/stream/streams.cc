#include "service/dynamodb/stream/streams.h"

#include <fmt/format.h>

#include <charconv>

#include "aws/arn.h"
#include "aws/dynamodbstreams/operations.h"
#include "aws/shape_json.h"
#include "base/encoding.h"
#include "engine/kv/rows.h"
#include "service/dynamodb/stream/shards.h"
#include "service/dynamodb/stream/stream.h"
#include "service/dynamodb/table/key.h"

namespace leat::dynamodbstreams {

Streams::Streams(kv::Store& store, const Clock& clock) : Service(kModel), store_(store), clock_(clock) {}

std::optional<StreamName> parse_stream_arn(std::string_view text) {
  const auto arn = aws::parse_arn(text);
  if (!arn || arn->service != "dynamodb" || !arn->resource.starts_with("table/")) return std::nullopt;
  const std::string_view rest = arn->resource.substr(6);
  const auto middle = rest.find("/stream/");
  if (middle == std::string_view::npos) return std::nullopt;
  return StreamName{arn->account, arn->region, rest.substr(0, middle), rest.substr(middle + 8)};
}

namespace {

std::unexpected<aws::Error> not_found(std::string_view arn) {
  return aws::fail(errors::kResourceNotFound, fmt::format("Requested resource not found: Stream: {} not found", arn));
}

}  // namespace

aws::Result<StreamDescription> Streams::find(std::string_view stream_arn) const {
  const auto name = parse_stream_arn(stream_arn);
  if (!name) return aws::fail(errors::kValidation, fmt::format("Invalid StreamArn: {}", stream_arn));
  auto stream = kv::read_row(store_, dynamodb::stream_row(name->account, name->region, name->table, name->label),
                             &aws::from_json<StreamDescription>);
  if (!stream) return not_found(stream_arn);
  return std::move(*stream);
}

aws::Result<ShardReader> Streams::find_shard(std::string_view stream_arn, std::string_view shard_id) const {
  StreamDescription stream = TRY(find(stream_arn));
  const auto name = *parse_stream_arn(stream_arn);
  for (const Shard& shard : *stream.shards) {
    if (shard.shard_id != shard_id) continue;
    shardlog::Log log(store_, dynamodb::log_of({name.account, name.region, stream}, shard));
    return ShardReader{stream, shard, std::move(log)};
  }
  return aws::fail(
      errors::kResourceNotFound,
      fmt::format("Requested resource not found: Shard: {} in stream: {} not found", shard_id, stream_arn));
}

TimePoint Streams::horizon() const { return clock_.now() - dynamodb::kStreamRetention; }

std::string Iterator::token() const {
  return fmt::format("{}|1|{}", stream_arn,
                     base64_encode(fmt::format("{}|{}|{}", shard_id, position, to_millis(created))));
}

std::optional<Iterator> Iterator::parse(std::string_view token) {
  const auto bar = token.find("|1|");
  if (bar == std::string_view::npos) return std::nullopt;
  const auto inner = base64_decode(token.substr(bar + 3));
  if (!inner) return std::nullopt;
  const std::string_view text = *inner;
  const auto first = text.find('|');
  const auto second = text.find('|', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
  Iterator out{std::string(token.substr(0, bar)), std::string(text.substr(0, first)), 0, {}};
  std::int64_t created = 0;
  const auto number = [&](std::string_view digits, auto& value) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size();
  };
  if (!number(text.substr(first + 1, second - first - 1), out.position) || !number(text.substr(second + 1), created))
    return std::nullopt;
  out.created = from_millis(created);
  return out;
}

}  // namespace leat::dynamodbstreams
