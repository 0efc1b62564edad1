#pragma once
// The form in which a data folder is written, as a number in its file `format`. Records are JSON that grows by members, so it
// changes only where what an earlier version wrote can no longer be read as it stands.

#include <filesystem>

namespace leat::app {

inline constexpr int kDataFormat = 1;

// Writes the number into a folder that has none: a new one, or one from before there were numbers. Throws
// std::runtime_error for what a later version has written.
void claim_format(const std::filesystem::path& folder);

}  // namespace leat::app
