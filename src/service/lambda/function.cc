#include "service/lambda/function.h"

#include <charconv>

#include "aws/arn.h"
#include "base/encoding.h"
#include "engine/kv/key.h"

namespace leat::lambda {

std::string last_modified(TimePoint now) {
  std::string text = format_iso8601(now);
  text.pop_back();
  return text + "+0000";
}

std::string code_blob(const FunctionConfiguration& configuration) {
  return hex_encode(base64_decode(*configuration.code_sha256).value_or(""));
}

std::string home_key(std::string_view account, std::string_view region, char room) {
  return kv::home_key(account, region, 'y', room);
}

std::string function_row(std::string_view account, std::string_view region, std::string_view name) {
  return home_key(account, region, 'f') + kv::make_key(name);
}
std::string tags_row(std::string_view account, std::string_view region, std::string_view name) {
  return home_key(account, region, 'g') + kv::make_key(name);
}
std::string room_prefix(std::string_view account, std::string_view region, char room, std::string_view name) {
  return home_key(account, region, room) + kv::make_key(name);
}
std::string version_row(std::string_view account, std::string_view region, std::string_view name,
                        std::uint64_t version) {
  std::string key = room_prefix(account, region, 'v', name);
  kv::append_u64(key, version);
  return key;
}
std::string qualified_row(std::string_view account, std::string_view region, char room, std::string_view name,
                          std::string_view qualifier) {
  return room_prefix(account, region, room, name) + kv::make_key(qualifier);
}
std::string mapping_row(std::string_view account, std::string_view region, std::string_view uuid) {
  return home_key(account, region, 'm') + kv::make_key(uuid);
}
std::string all_mappings_prefix() { return kv::make_key(std::string_view(), std::string_view()) + 'y'; }
std::string checkpoints_prefix(std::string_view account, std::string_view region, std::string_view uuid) {
  return home_key(account, region, 'c') + kv::make_key(uuid);
}
std::string checkpoint_row(std::string_view account, std::string_view region, std::string_view uuid,
                           std::string_view shard) {
  return checkpoints_prefix(account, region, uuid) + kv::make_key(shard);
}

std::string function_arn(const aws::Caller& caller, std::string_view name) {
  return aws::make_arn("lambda", caller.region, caller.account, "function:" + std::string(name));
}

FunctionReference parse_reference(std::string_view reference) {
  constexpr std::string_view kMark = "function:";
  const auto mark = reference.find(kMark);
  // Not the end of a name: myfunction:live.
  if (mark != std::string_view::npos && (mark == 0 || reference[mark - 1] == ':'))
    reference.remove_prefix(mark + kMark.size());
  const auto colon = reference.find(':');
  FunctionReference out{std::string(reference.substr(0, colon)), {}};
  if (colon != std::string_view::npos) out.qualifier = reference.substr(colon + 1);
  return out;
}

std::optional<std::uint64_t> version_number(std::string_view qualifier) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(qualifier.data(), qualifier.data() + qualifier.size(), number);
  if (error != std::errc() || end != qualifier.data() + qualifier.size() || qualifier.front() == '0')
    return std::nullopt;
  return number;
}

}  // namespace leat::lambda
