#pragma once
// What a child reads as if it were a file.

#include <string_view>

namespace leat::sandbox {

// A descriptor above those that a worker is given, at its beginning; the caller closes it. -1 where there is none.
int memory_file(std::string_view content);

}  // namespace leat::sandbox
