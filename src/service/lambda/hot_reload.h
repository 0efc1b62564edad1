#pragma once
// Functions whose code is a folder of this machine, as it is at each invocation: S3Bucket "hot-reload", S3Key its path.
// For development: the operator says below which folders, and the account's root alone names one.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "aws/caller.h"
#include "aws/lambda/types.h"

namespace leat::lambda {

inline constexpr std::string_view kHotReload = "hot-reload";

class HotFolders {
 public:
  struct Settings {
    std::vector<std::filesystem::path> allowed;  // none: nothing is reloaded
    std::filesystem::path data;                  // leat's own, which no function sees
  };
  explicit HotFolders(const Settings& settings);

  // What a path that the caller gave stands for, free of links. InvalidParameterValueException where it may not be a
  // function's code: the rights of a user or a role do not reach the machine's files.
  aws::Result<std::filesystem::path> resolve(const aws::Caller& caller, const std::string& given) const;

  // The same of a folder that was resolved before: it may have become a link since, or the server another's.
  aws::Result<void> check_again(const std::filesystem::path& folder) const;

 private:
  aws::Result<std::filesystem::path> resolve(const std::filesystem::path& given) const;

  std::vector<std::filesystem::path> allowed_;  // free of links
  std::filesystem::path data_;
};

// Another text once a file was changed, added or removed. What packages bring is not looked at.
std::string hot_state(const std::filesystem::path& folder);

}  // namespace leat::lambda
