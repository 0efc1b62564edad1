#include "app/configuration.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace leat::app {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

void set_port(Configuration& configuration, std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error == std::errc() && end == text.data() + text.size())
    configuration.port = port;
  else
    spdlog::warn("not a port: {}", text);
}

// 0.0.0.0:4566, or several with commas: the first counts.
void set_listen(Configuration& configuration, std::string_view text) {
  text = text.substr(0, text.find(','));
  const auto colon = text.rfind(':');
  if (colon != 0 && colon != std::string_view::npos) configuration.address = text.substr(0, colon);
  if (colon != std::string_view::npos) set_port(configuration, text.substr(colon + 1));
}

// http://app.example, https://other.example:8443
void add_origins(Configuration& configuration, std::string_view text) {
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const std::string_view origin = text.substr(0, comma);
    const auto begin = origin.find_first_not_of(' ');
    if (begin != std::string_view::npos)
      configuration.allowed_origins.emplace_back(origin.substr(begin, origin.find_last_not_of(' ') + 1 - begin));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
}

bool is_true(std::string_view text) { return text == "1" || text == "true" || text == "True"; }

}  // namespace

void apply_environment(Configuration& configuration) {
  if (const auto text = environment("EDGE_PORT"); !text.empty()) set_port(configuration, text);
  if (const auto text = environment("GATEWAY_LISTEN"); !text.empty()) set_listen(configuration, text);
  // LocalStack forgets unless it is told not to; leat keeps unless it is told so.
  if (environment("PERSISTENCE") == "0") configuration.ephemeral = true;
  if (const auto text = environment("LOCALSTACK_HOST"); !text.empty()) configuration.host_names.emplace_back(text);
  add_origins(configuration, environment("EXTRA_CORS_ALLOWED_ORIGINS"));
  if (is_true(environment("DISABLE_CORS_CHECKS"))) configuration.allowed_origins.emplace_back("*");
  if (is_true(environment("DEBUG"))) spdlog::set_level(spdlog::level::debug);
}

std::filesystem::path find_runtimes() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  for (auto folder = program.parent_path(); folder != folder.parent_path(); folder = folder.parent_path()) {
    for (const char* below : {"runtimes", "share/leat/runtimes"}) {
      if (std::filesystem::exists(folder / below / "python/bootstrap.py")) return folder / below;
    }
  }
  return {};
}

}  // namespace leat::app
