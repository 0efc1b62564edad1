#pragma once
// AWS's runtime names and the interpreters of this machine.

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "engine/sandbox/worker.h"

namespace leat::lambda {

struct Runtime {
  enum class Speaks : std::uint8_t { kFrames, kRuntimeApi };  // runtimes/PROTOCOL.md, or AWS's

  sandbox::RuntimeSpec spec;
  Speaks speaks = Speaks::kFrames;
  std::string version;  // of the interpreter that will run
  std::string notice;   // says so where that is not the version asked for; empty otherwise
};

class Runtimes {
 public:
  // `folder` holds python/, nodejs/ and, where its jars could be had, java/.
  explicit Runtimes(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // python3.8 to python3.14, nodejs16.x to nodejs24.x, java11 to java25, provided, provided.al2, provided.al2023.
  // nullptr where this machine has no such interpreter at all.
  const Runtime* find(const std::string& name);

 private:
  std::optional<Runtime> make(const std::string& name) const;

  std::filesystem::path folder_;
  std::mutex mutex_;
  std::map<std::string, std::optional<Runtime>> found_;
};

}  // namespace leat::lambda
