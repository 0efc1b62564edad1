#pragma once
// Below which folders of this machine functions may be reloaded from.

#include <filesystem>
#include <vector>

#include "app/configuration.h"

namespace leat::app {

// Those of --hot-reload; without it the user's home, the working folder and the temporary folder. Throws
// std::runtime_error where one that was asked for is the system's: what lies there is nobody's code.
std::vector<std::filesystem::path> allowed_hot_folders(const Configuration& configuration);

}  // namespace leat::app
