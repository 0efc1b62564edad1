#pragma once
// Large byte objects as plain files, named by their SHA-256.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leat::blob {

class Blobs {
 public:
  // The folder is created where missing, and what was never finished in it removed. Throws std::filesystem::filesystem_error.
  explicit Blobs(std::filesystem::path folder);

  // Writes and syncs the bytes unless they are there already. Returns their name: 64 hexadecimal digits.
  std::string put(std::string_view bytes);

  std::optional<std::string> get(std::string_view name) const;

  // Passes over one that is not there.
  void erase(std::string_view name);
  std::vector<std::string> names() const;

  static bool is_name(std::string_view text);

  // 32 bytes.
  static std::string digest(std::string_view bytes);

 private:
  std::filesystem::path folder_;
  std::atomic<std::uint64_t> unfinished_{0};  // writers of the same bytes do not share a file
};

}  // namespace leat::blob
