#include "service/lambda/function.h"

#include "aws/arn.h"
#include "engine/kv/key.h"

namespace leat::lambda {

std::string home_key(std::string_view account, std::string_view region, char room) {
  std::string key = kv::make_key(account, region);
  key += 'y';
  key += room;
  return key;
}

std::string function_row(std::string_view account, std::string_view region, std::string_view name) {
  return home_key(account, region, 'f') + kv::make_key(name);
}
std::string tags_row(std::string_view account, std::string_view region, std::string_view name) {
  return home_key(account, region, 'g') + kv::make_key(name);
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

std::string function_name_in(std::string_view reference) {
  constexpr std::string_view kMark = "function:";
  const auto mark = reference.find(kMark);
  if (mark != std::string_view::npos) reference.remove_prefix(mark + kMark.size());
  return std::string(reference.substr(0, reference.find(':')));
}

}  // namespace leat::lambda
