#include "service/lambda/function.h"

#include <fmt/format.h>

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

namespace {

// REGION:ACCOUNT, or one of them, or nothing. False where it is something else.
bool read_home(std::string_view text, FunctionReference& out) {
  const auto is_account = [](std::string_view part) {
    return part.size() == 12 && part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) {
    (is_account(text) ? out.account : out.region) = text;
    return true;
  }
  out.region = text.substr(0, colon);
  out.account = text.substr(colon + 1);
  return !out.region.empty() && is_account(out.account);
}

}  // namespace

std::string FunctionReference::arn(const aws::Caller& caller) const {
  aws::Caller owner;
  owner.region = region.empty() ? caller.region : region;
  owner.account = account.empty() ? caller.account : account;
  return function_arn(owner, name);
}

FunctionReference parse_reference(std::string_view text) {
  constexpr std::string_view kArn = "arn:aws:lambda:", kMark = "function:";
  FunctionReference out;
  const auto mark = text.find(kMark);
  // Not the end of a name: myfunction:live.
  if (mark != std::string_view::npos && (mark == 0 || text[mark - 1] == ':')) {
    std::string_view home = text.substr(0, mark == 0 ? 0 : mark - 1);
    if (home.starts_with(kArn)) home.remove_prefix(kArn.size());
    if (!read_home(home, out)) return {};
    text.remove_prefix(mark + kMark.size());
  } else if (text.starts_with("arn:")) {
    // By the model's pattern this is a function of that name.
    constexpr std::string_view kCutShort = ":function";
    if (!text.starts_with(kArn) || !text.ends_with(kCutShort)) return {};
    if (!read_home(text.substr(kArn.size(), text.size() - kArn.size() - kCutShort.size()), out)) return {};
    text.remove_prefix(text.size() - kCutShort.size() + 1);
  }
  const auto colon = text.find(':');
  out.name = text.substr(0, colon);
  if (colon != std::string_view::npos) out.qualifier = text.substr(colon + 1);
  return out;
}

aws::Result<FunctionReference> named_function(const aws::Caller& caller, std::string_view reference,
                                              const std::optional<std::string>& qualifier) {
  FunctionReference out = parse_reference(reference);
  if (qualifier && !qualifier->empty()) {
    if (!out.qualifier.empty() && out.qualifier != *qualifier)
      return aws::fail(errors::kInvalidParameterValue,
                       "The derived qualifier from the function name does not match the specified qualifier.");
    out.qualifier = *qualifier;
  }
  if (!out.region.empty() && out.region != caller.region)
    return aws::fail(errors::kResourceNotFound,
                     fmt::format("Functions from '{}' are not reachable in this region ('{}')", out.region,
                                 caller.region));
  if (out.name.empty() || (!out.account.empty() && out.account != caller.account))
    return aws::fail(errors::kResourceNotFound, fmt::format("Function not found: {}", reference));
  return out;
}

aws::Result<std::string> named_whole(const aws::Caller& caller, std::string_view reference) {
  FunctionReference out = TRY(named_function(caller, reference, std::nullopt));
  if (out.qualifier.empty()) return std::move(out.name);
  return aws::fail(errors::kInvalidParameterValue,
                   "This operation is permitted on Lambda functions only. Aliases and versions do not support this "
                   "operation. Please specify either a function name or an unqualified function ARN.");
}

std::optional<std::uint64_t> version_number(std::string_view qualifier) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(qualifier.data(), qualifier.data() + qualifier.size(), number);
  if (error != std::errc() || end != qualifier.data() + qualifier.size() || qualifier.front() == '0')
    return std::nullopt;
  return number;
}

}  // namespace leat::lambda
