#pragma once
// The scripts that LocalStack runs at its stages: /etc/localstack/init/{boot,start,ready,shutdown}.d/*.{sh,py}.
// https://docs.localstack.cloud/references/init-hooks/

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

namespace leat::app {

class InitScripts {
 public:
  InitScripts(std::filesystem::path folder, std::uint16_t port) : folder_(std::move(folder)), port_(port) {}

  // Runs a stage's scripts in the order of their names, one after another, and waits for them. A script that fails is
  // logged, and the next one runs.
  void run(const std::string& stage);

  // What /_localstack/init answers: the stages that are complete, and each script with its state.
  std::string json() const;

 private:
  struct Script {
    std::string stage, name, state;  // RUNNING, SUCCESSFUL or ERROR
  };
  void set_state(std::size_t script, const char* state);

  std::filesystem::path folder_;
  std::uint16_t port_;
  mutable std::mutex mutex_;
  std::vector<std::string> completed_;
  std::vector<Script> scripts_;
};

}  // namespace leat::app
