#include "app/data_format.h"

#include <fmt/format.h>

#include <charconv>

#include "app/private_file.h"

namespace leat::app {

void claim_format(const std::filesystem::path& folder) {
  const auto file = folder / "format";
  const std::string text = read_file(file);
  if (text.empty()) return write_private(file, fmt::format("{}\n", kDataFormat));
  int format = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), format);
  if (error == std::errc() && format >= 1 && format <= kDataFormat) return;
  throw std::runtime_error(
      fmt::format("{} was written by a later version of leat: its format is {}, and this version reads {}",
                  folder.string(), text.substr(0, text.find('\n')), kDataFormat));
}

}  // namespace leat::app
