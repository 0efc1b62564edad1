#include "base/guard.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <atomic>

namespace leat {
namespace {

std::atomic<std::uint64_t> noted{0};

}  // namespace

void note_failure(std::string_view doing, std::string_view what) noexcept {
  noted.fetch_add(1, std::memory_order_relaxed);
  spdlog::error("{}: {}", readable_key(doing), readable_key(what));
}

std::uint64_t failures_noted() { return noted.load(std::memory_order_relaxed); }

std::string readable_key(std::string_view key) {
  std::string out;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const char c = key[i];
    if (c == '\0' && i + 1 < key.size() && key[i + 1] == '\x01') {
      out += '/';
      ++i;
    } else if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace leat
