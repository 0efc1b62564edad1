#include "engine/blob/blobs.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <system_error>

#include "base/encoding.h"

namespace leat::blob {
namespace {

[[noreturn]] void fail(const char* doing) { throw std::system_error(errno, std::generic_category(), doing); }

void write_synced(const std::filesystem::path& path, std::string_view bytes) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) fail("open");
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      close(file);
      fail("write");
    }
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  const int synced = fsync(file);
  close(file);
  if (synced != 0) fail("fsync");
}

// What was not given its name goes.
struct Unfinished {
  std::filesystem::path path;
  ~Unfinished() {
    std::error_code gone;
    std::filesystem::remove(path, gone);
  }
};

void sync_folder(const std::filesystem::path& folder) {
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) fail("open");
  fsync(descriptor);
  close(descriptor);
}

}  // namespace

Blobs::Blobs(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::filesystem::create_directories(folder_);
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    std::error_code ignored;
    if (!is_name(entry.path().filename().string())) std::filesystem::remove(entry.path(), ignored);
  }
}

bool Blobs::is_name(std::string_view text) {
  return text.size() == 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string Blobs::digest(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(digest), size};
}

std::string Blobs::put(std::string_view bytes) {
  const std::string name = hex_encode(digest(bytes));
  const auto path = folder_ / name;
  if (std::filesystem::exists(path)) return name;
  const auto unfinished = folder_ / (name + ".new" + std::to_string(++unfinished_));
  const Unfinished guard{unfinished};
  write_synced(unfinished, bytes);
  std::filesystem::rename(unfinished, path);
  sync_folder(folder_);
  return name;
}

std::optional<std::string> Blobs::get(std::string_view name) const {
  if (!is_name(name)) return std::nullopt;
  std::ifstream file(folder_ / name, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream out;
  out << file.rdbuf();
  return std::move(out).str();
}

void Blobs::erase(std::string_view name) {
  if (is_name(name)) std::filesystem::remove(folder_ / name);
}

std::vector<std::string> Blobs::names() const {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    std::string name = entry.path().filename().string();
    if (is_name(name)) out.push_back(std::move(name));
  }
  return out;
}

}  // namespace leat::blob
