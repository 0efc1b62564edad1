#pragma once
// What a package's names cost libzip to open, found out before it does.

#include <string_view>

namespace leat::sandbox {

// libzip 1.7 keeps names in a table by a hash that everybody can make equal for all of them: it then compares each name
// with each, for minutes. Whether that would come to pass.
bool has_colliding_names(std::string_view zip);

}  // namespace leat::sandbox
