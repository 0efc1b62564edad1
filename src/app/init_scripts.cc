#include "app/init_scripts.h"

#include <fmt/format.h>
#include <spawn.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>

#include <algorithm>

#include "base/encoding.h"

extern char** environ;

namespace leat::app {
namespace {

// What is set already wins.
std::vector<std::string> script_environment(std::uint16_t port) {
  std::vector<std::string> out;
  for (char** each = environ; *each; ++each) out.emplace_back(*each);
  const std::pair<std::string, std::string> own[] = {
      {"AWS_ENDPOINT_URL", fmt::format("http://localhost:{}", port)},
      {"AWS_ACCESS_KEY_ID", "test"},
      {"AWS_SECRET_ACCESS_KEY", "test"},
      {"AWS_DEFAULT_REGION", "us-east-1"},
  };
  for (const auto& [name, value] : own) {
    const std::string start = name + "=";
    if (std::none_of(out.begin(), out.end(), [&](const std::string& each) { return each.starts_with(start); }))
      out.push_back(start + value);
  }
  return out;
}

bool succeeds(const std::filesystem::path& script, std::uint16_t port) {
  const bool python = script.extension() == ".py";
  std::vector<std::string> environment = script_environment(port);
  std::vector<char*> variables;
  for (std::string& each : environment) variables.push_back(each.data());
  variables.push_back(nullptr);
  std::string shell = python ? "python3" : "bash", path = script.string();
  char* arguments[] = {shell.data(), path.data(), nullptr};
  // The server's threads block the signals that it waits for; a script starts with none blocked.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  // Standard output is for "Ready." alone; a script's goes to standard error.
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, 2, 1);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, shell.c_str(), &files, &attributes, arguments, variables.data());
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  int status = 0;
  return !failed && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

void InitScripts::run(const std::string& stage) {
  std::vector<std::filesystem::path> found;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / (stage + ".d"), none)) {
    const auto extension = entry.path().extension();
    if (extension == ".sh" || extension == ".py") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  for (const auto& script : found) {
    std::size_t number = 0;
    {
      std::lock_guard lock(mutex_);
      number = scripts_.size();
      scripts_.push_back({stage, script.filename().string(), "RUNNING"});
    }
    const bool good = succeeds(script, port_);
    if (!good) spdlog::error("init script {} failed", script.string());
    set_state(number, good ? "SUCCESSFUL" : "ERROR");
  }
  std::lock_guard lock(mutex_);
  completed_.push_back(stage);
}

void InitScripts::set_state(std::size_t script, const char* state) {
  std::lock_guard lock(mutex_);
  scripts_[script].state = state;
}

std::string InitScripts::json() const {
  std::lock_guard lock(mutex_);
  std::string stages, scripts;
  for (const auto& [stage, name] :
       {std::pair{"boot", "BOOT"}, {"start", "START"}, {"ready", "READY"}, {"shutdown", "SHUTDOWN"}}) {
    const bool done = std::find(completed_.begin(), completed_.end(), stage) != completed_.end();
    stages += fmt::format("{}\"{}\": {}", stages.empty() ? "" : ", ", name, done);
  }
  for (const Script& each : scripts_) {
    std::string name, stage = each.stage;
    std::transform(stage.begin(), stage.end(), stage.begin(), [](char c) { return static_cast<char>(c - 32); });
    append_json_string(name, each.name);
    scripts += fmt::format("{}{{\"stage\": \"{}\", \"name\": {}, \"state\": \"{}\"}}", scripts.empty() ? "" : ", ",
                           stage, name, each.state);
  }
  return fmt::format("{{\"completed\": {{{}}}, \"scripts\": [{}]}}\n", stages, scripts);
}

}  // namespace leat::app
