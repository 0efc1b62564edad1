#pragma once
// Functions whose code is a folder of this machine, as it is at each invocation: S3Bucket "hot-reload", S3Key its path.
// For development: only a server that trusts its clients offers it.

#include <filesystem>
#include <string>

#include "service/lambda/lambda.h"

namespace leat::lambda {

inline constexpr std::string_view kHotReload = "hot-reload";

// InvalidParameterValueException where it is no folder, or one that leat keeps its data in.
aws::Result<StoredCode> check_hot_folder(const Lambda& lambda, const std::string& path);

// Another text once a file was changed, added or removed. What packages bring is not looked at.
std::string hot_state(const std::filesystem::path& folder);

}  // namespace leat::lambda
