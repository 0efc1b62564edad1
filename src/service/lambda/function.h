#pragma once
// A function as it is run, and where functions and mappings lie in the key space.
//
//   home       := text(account) text(region) 'y'
//   function   := home 'f' text(name)            FunctionConfiguration, JSON; its code is the blob of CodeSha256
//   tags       := home 'g' text(name)            ListTagsResponse, JSON
//   mapping    := home 'm' text(uuid)            EventSourceMappingConfiguration, JSON
//   running    := text("") text("") 'y' text(uuid)  text(account) text(region): every mapping, for the start
//   checkpoint := home 'c' text(uuid) text(shard)  u64: where to read on

#include <memory>
#include <string>
#include <string_view>

#include "aws/caller.h"
#include "aws/lambda/types.h"

namespace leat::lambda {

// Immutable: an update makes a new one.
struct Function {
  std::string account;
  std::string region;
  FunctionConfiguration configuration;
  std::string code;  // the blob's name

  const std::string& name() const { return *configuration.function_name; }
  const std::string& arn() const { return *configuration.function_arn; }
  const std::string& log_group() const { return *configuration.logging_config->log_group; }
};
using FunctionPtr = std::shared_ptr<const Function>;

std::string home_key(std::string_view account, std::string_view region, char room);
std::string function_row(std::string_view account, std::string_view region, std::string_view name);
std::string tags_row(std::string_view account, std::string_view region, std::string_view name);
std::string mapping_row(std::string_view account, std::string_view region, std::string_view uuid);
std::string all_mappings_prefix();
std::string checkpoints_prefix(std::string_view account, std::string_view region, std::string_view uuid);
std::string checkpoint_row(std::string_view account, std::string_view region, std::string_view uuid,
                           std::string_view shard);

std::string function_arn(const aws::Caller& caller, std::string_view name);

// The name in NAME, ACCOUNT:function:NAME or an ARN, each with or without a qualifier.
std::string function_name_in(std::string_view reference);

}  // namespace leat::lambda
