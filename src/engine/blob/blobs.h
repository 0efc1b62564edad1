#pragma once
// Large byte objects as plain files, named by their SHA-256.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace leat::blob {

class Blobs {
 public:
  // The folder is created where missing. Throws std::filesystem::filesystem_error.
  explicit Blobs(std::filesystem::path folder);

  // Writes and syncs the bytes unless they are there already. Returns their name: 64 hexadecimal digits.
  std::string put(std::string_view bytes);

  std::optional<std::string> get(std::string_view name) const;

  // 32 bytes.
  static std::string digest(std::string_view bytes);

 private:
  std::filesystem::path folder_;
};

}  // namespace leat::blob
