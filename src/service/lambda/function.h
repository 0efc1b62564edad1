#pragma once
// A function as it is run, and where functions and mappings lie in the key space.
//
//   home       := text(account) text(region) 'y'
//   function   := home 'f' text(name)            FunctionConfiguration, JSON; its code is the blob of CodeSha256
//   tags       := home 'g' text(name)            ListTagsResponse, JSON
//   version    := home 'v' text(name) u64        FunctionConfiguration, JSON: published
//   counter    := home 'n' text(name)            u64: the newest version's number, also of a deleted one
//   alias      := home 'a' text(name) text(alias)      AliasConfiguration, JSON
//   reserved   := home 'r' text(name)            Concurrency, JSON
//   events     := home 'i' text(name) text(qualifier)  FunctionEventInvokeConfig, JSON
//   policy     := home 'l' text(name) text(qualifier)  text(revision) and statements: text(sid) text(JSON) …
//   recursion  := home 's' text(name)            text: Allow or Terminate
//   update     := home 't' text(name) text(version)    PutRuntimeManagementConfigResponse, JSON
//   url        := home 'u' text(name) text(qualifier)  see function_url.h
//   folder     := home 'o' text(name)            text: a path, of a function that is reloaded from there
//   mapping    := home 'm' text(uuid)            EventSourceMappingConfiguration, JSON
//   running    := text("") text("") 'y' text(uuid)  text(account) text(region): every mapping, for the start
//   checkpoint := home 'c' text(uuid) text(shard)  u64: where to read on
//   layers     := home 'h', 'k', 'j', 'b' …      see layer.h
//   provisioned := text("") text("") 'p' …       see provisioned.h
//   event      := text("") text("") 'z' …         a queued event, see event_queue.h

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/caller.h"
#include "aws/lambda/types.h"

namespace leat::lambda {

// Immutable: an update makes a new one.
struct Function {
  std::string account;
  std::string region;
  FunctionConfiguration configuration;
  std::string code;                          // the blob's name
  std::string family;                        // the ARN without a version: what concurrency is counted for
  std::optional<std::size_t> reserved = {};  // concurrency
  std::vector<std::string> layers = {};      // their blobs' names, in their order
  bool may_recur = false;                    // RecursiveLoop: Allow
  std::string hot_folder = {};               // that its code is in, see hot_reload.h; empty where it is a package
  std::vector<std::shared_ptr<const void>> holds = {};  // of its code and layers, see code_store.h

  const std::string& name() const { return *configuration.function_name; }
  const std::string& arn() const { return *configuration.function_arn; }
  const std::string& version() const { return *configuration.version; }
  const std::string& log_group() const { return *configuration.logging_config->log_group; }
};
using FunctionPtr = std::shared_ptr<const Function>;

// 2026-11-21T04:54:00.000+0000, as Lambda writes times.
std::string last_modified(TimePoint now);

std::string home_key(std::string_view account, std::string_view region, char room);
std::string function_row(std::string_view account, std::string_view region, std::string_view name);
std::string tags_row(std::string_view account, std::string_view region, std::string_view name);
std::string mapping_row(std::string_view account, std::string_view region, std::string_view uuid);
std::string all_mappings_prefix();
std::string checkpoints_prefix(std::string_view account, std::string_view region, std::string_view uuid);
std::string checkpoint_row(std::string_view account, std::string_view region, std::string_view uuid,
                           std::string_view shard);

// Everything that is kept of a function beside itself stands under one of these.
inline constexpr char kFunctionRooms[] = {'g', 'v', 'n', 'a', 'r', 'i', 'l', 's', 't', 'u', 'o'};
std::string room_prefix(std::string_view account, std::string_view region, char room, std::string_view name);
std::string version_row(std::string_view account, std::string_view region, std::string_view name,
                        std::uint64_t version);
std::string qualified_row(std::string_view account, std::string_view region, char room, std::string_view name,
                          std::string_view qualifier);

inline constexpr std::string_view kLatest = "$LATEST";

// The name of its code's blob.
std::string code_blob(const FunctionConfiguration& configuration);

std::string function_arn(const aws::Caller& caller, std::string_view name);

// NAME, ACCOUNT:function:NAME or an ARN, each with or without a qualifier. What it does not say is empty; all of it where
// it is none of these.
struct FunctionReference {
  std::string region, account;
  std::string name;
  std::string qualifier;

  // Of the function itself: where no account and region are named, the caller's.
  std::string arn(const aws::Caller& caller) const;
};
FunctionReference parse_reference(std::string_view reference);
inline std::string function_name_in(std::string_view reference) { return parse_reference(reference).name; }

// What a request names by FunctionName, and by Qualifier where it has one: of the caller's own functions, where it is
// called. InvalidParameterValueException where the two say different versions.
aws::Result<FunctionReference> named_function(const aws::Caller& caller, std::string_view reference,
                                              const std::optional<std::string>& qualifier);

// The same of what is on a function as a whole: InvalidParameterValueException where a qualifier stands behind its name.
aws::Result<std::string> named_whole(const aws::Caller& caller, std::string_view reference);

// The number of a version, or nothing where it is $LATEST or an alias.
std::optional<std::uint64_t> version_number(std::string_view qualifier);

}  // namespace leat::lambda
