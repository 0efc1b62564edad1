#pragma once
// The access key of the account's root, for servers that other machines reach: it is made at the first start and kept
// in the state folder, readable by its owner alone, as a credentials file of AWS's clients. Whoever can read that file
// can read the data beside it.

#include <filesystem>
#include <optional>

#include "aws/caller.h"
#include "base/random.h"

namespace leat::app {

inline constexpr const char* kRootKeyFile = "root-credentials";

// nullopt where the folder has none.
std::optional<aws::Credential> read_root_key(const std::filesystem::path& folder);
aws::Credential find_or_make_root_key(const std::filesystem::path& folder, Random& random);

}  // namespace leat::app
