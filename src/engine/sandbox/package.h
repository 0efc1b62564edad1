#pragma once
// Unpacks zip packages that strangers made.

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/result.h"

namespace leat::sandbox {

enum class PackageProblem : std::uint8_t {
  kNotAZip,   // or damaged, or encrypted
  kBadPath,   // absolute, out of the folder, a link, one that another entry has or lies below, or too long
  kTooLarge,  // more than the limit once unpacked
  kTooMany,   // files and folders
};

// Unpacks into `folder`, which is created, and syncs it; nothing is left of it where there was a problem. `limit` is in
// bytes. Throws std::system_error where the disk fails.
Result<void, PackageProblem> unpack(std::string_view zip, const std::filesystem::path& folder, std::uint64_t limit);

// The bytes that the package says it will take, or the problem; writes nothing.
Result<std::uint64_t, PackageProblem> inspect(std::string_view zip, std::uint64_t limit);

}  // namespace leat::sandbox
