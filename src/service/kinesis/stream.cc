#include "service/kinesis/stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "engine/kv/rows.h"

namespace leat::kinesis {
namespace {

constexpr std::size_t kPrefixDigits = 24;    // of a sequence number: which shard
constexpr std::size_t kPositionDigits = 32;  // and where in it

}  // namespace

const StreamShard& Stream::shard_of(HashKey key) const {
  const auto after = std::upper_bound(open.begin(), open.end(), key,
                                      [&](HashKey wanted, std::size_t i) { return wanted < shards[i].first; });
  return shards[*(after - 1)];
}

const StreamShard* Stream::find_shard(std::string_view shard_id) const {
  const auto found = std::find_if(shards.begin(), shards.end(),
                                  [&](const StreamShard& each) { return each.shard.shard_id == shard_id; });
  return found == shards.end() ? nullptr : &*found;
}

std::string home_key(std::string_view account, std::string_view region, char room) {
  return kv::home_key(account, region, 'n', room);
}
std::string stream_row(std::string_view account, std::string_view region, std::string_view name) {
  return home_key(account, region, 's') + kv::make_key(name);
}
std::string room_key(std::string_view account, std::string_view region, std::string_view name, char kind) {
  return home_key(account, region, 'r') + kv::make_key(name) + kind;
}
std::string shard_row(std::string_view account, std::string_view region, std::string_view name, std::uint32_t number) {
  std::string key = room_key(account, region, name, 's');
  kv::append_u32(key, number);
  return key;
}
std::string log_name(std::string_view account, std::string_view region, std::string_view name, std::uint32_t number) {
  std::string key = room_key(account, region, name, 'l');
  kv::append_u32(key, number);
  return key;
}
std::string consumers_prefix(std::string_view account, std::string_view region, std::string_view name) {
  return home_key(account, region, 'c') + kv::make_key(name);
}

void stage_erase_kept(kv::Batch& batch, const aws::Caller& owner, std::string_view arn) {
  for (const char room : {'t', 'p'}) batch.erase(home_key(owner.account, owner.region, room) + kv::make_key(arn));
}

std::string shard_id(std::uint32_t number) { return fmt::format("shardId-{:012}", number); }

std::string first_sequence_number(TimePoint created, std::uint32_t number) {
  return fmt::format("49{:014}{:08}{:032}", to_millis(created), number, 0);
}

std::string sequence_number(const Shard& shard, kv::LogPosition position) {
  return fmt::format("{}{:032}", shard.sequence_number_range.starting_sequence_number.substr(0, kPrefixDigits),
                     position);
}

std::optional<kv::LogPosition> position_in(const Shard& shard, std::string_view text) {
  const std::string& first = shard.sequence_number_range.starting_sequence_number;
  if (text.size() != kPrefixDigits + kPositionDigits || !text.starts_with(first.substr(0, kPrefixDigits)))
    return std::nullopt;
  kv::LogPosition position = 0;
  const auto [end, error] = std::from_chars(text.data() + kPrefixDigits, text.data() + text.size(), position);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return position;
}

StreamPtr load_stream(const kv::Store& store, std::string_view account, std::string_view region,
                      std::string_view name) {
  auto summary = kv::read_row(store, stream_row(account, region, name), &aws::from_json<StreamDescriptionSummary>);
  if (!summary) return nullptr;
  auto stream = std::make_shared<Stream>();
  stream->account = account;
  stream->region = region;
  stream->summary = std::move(*summary);
  const auto cursor = store.scan(kv::prefix_range(room_key(account, region, name, 's')), kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    StreamShard shard;
    shard.shard = *kv::read_row(store, cursor->key(), &aws::from_json<Shard>);  // a stream is nothing without it
    std::from_chars(shard.shard.shard_id.data() + 8, shard.shard.shard_id.data() + shard.shard.shard_id.size(),
                    shard.number);
    shard.log = log_name(account, region, name, shard.number);
    shard.first = parse_hash_key(shard.shard.hash_key_range.starting_hash_key).value_or(0);
    shard.last = parse_hash_key(shard.shard.hash_key_range.ending_hash_key).value_or(0);
    if (shard.is_open()) stream->open.push_back(stream->shards.size());
    stream->shards.push_back(std::move(shard));
  }
  std::sort(stream->open.begin(), stream->open.end(), [&](std::size_t left, std::size_t right) {
    return stream->shards[left].first < stream->shards[right].first;
  });
  return stream;
}

std::string encode_record(std::string_view partition_key, std::string_view data) {
  std::string out = kv::make_key(partition_key);
  out += data;
  return out;
}

DecodedRecord decode_record(std::string_view payload) {
  DecodedRecord out;
  out.partition_key = kv::take_text(payload);
  out.data = payload;
  return out;
}

}  // namespace leat::kinesis
