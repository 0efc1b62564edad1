// Any bytes as a function's package: nothing may be written outside its folder.

#include <unistd.h>

#include <cstdint>
#include <filesystem>

#include "engine/sandbox/package.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fs = std::filesystem;
  static const fs::path around = fs::temp_directory_path() / ("leat-zip-fuzz-" + std::to_string(getpid()));
  fs::create_directories(around);
  const std::string_view zip(reinterpret_cast<const char*>(data), size);
  (void)leat::sandbox::inspect(zip, 1U << 20);
  (void)leat::sandbox::unpack(zip, around / "inside", 1U << 20);
  fs::remove_all(around / "inside");
  if (!fs::is_empty(around)) __builtin_trap();
  return 0;
}
