#include "service/lambda/runtimes.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <memory>
#include <vector>

namespace leat::lambda {
namespace {

namespace fs = std::filesystem;

struct Interpreter {
  std::string executable;
  std::string prefix;  // the installation that it needs to see
  int version;         // the part that runtimes differ in: 11 of Python 3.11, 20 of Node.js 20
};

// Standard output of a command, its errors dropped.
std::string output_of(const std::string& command) {
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen((command + " 2>/dev/null").c_str(), "re"), pclose);
  std::string out;
  char buffer[512];
  while (pipe && fgets(buffer, sizeof buffer, pipe.get())) out += buffer;
  return out;
}

std::optional<Interpreter> probe(const std::string& candidate, bool python) {
  const std::string script = python ? " -c 'import sys; print(sys.version_info[1], sys.executable, sys.base_prefix)'"
                                    : " -p 'process.versions.node.split(\".\")[0] + \" \" + process.execPath + \" \" + "
                                      "require(\"path\").dirname(require(\"path\").dirname(process.execPath))'";
  const std::string text = output_of("'" + candidate + "'" + script);
  int version = 0;
  char executable[4096], prefix[4096];
  if (std::sscanf(text.c_str(), "%d %4095s %4095s", &version, executable, prefix) != 3) return std::nullopt;
  std::error_code error;
  const fs::path real = fs::canonical(executable, error);
  if (error) return std::nullopt;
  return Interpreter{real, prefix, version};
}

void add_folders(std::vector<fs::path>& out, const fs::path& parent, std::string_view below) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(parent, error)) out.push_back(entry.path() / below);
}

// Where interpreters are usually kept, the PATH first.
std::vector<fs::path> search_folders() {
  std::vector<fs::path> out;
  const char* set_path = getenv("PATH");
  std::string_view path = set_path ? set_path : "/usr/local/bin:/usr/bin:/bin";
  while (!path.empty()) {
    const auto colon = path.find(':');
    out.emplace_back(path.substr(0, colon));
    path = colon == std::string_view::npos ? std::string_view() : path.substr(colon + 1);
  }
  const char* set_home = getenv("HOME");
  const fs::path home = set_home ? set_home : "/";
  add_folders(out, home / ".pyenv/versions", "bin");
  add_folders(out, home / ".nvm/versions/node", "bin");
  return out;
}

// The exact version where the machine has it, else the nearest.
std::optional<Interpreter> find_interpreter(bool python, int wanted) {
  std::optional<Interpreter> best;
  const std::vector<std::string> names = python ? std::vector<std::string>{fmt::format("python3.{}", wanted), "python3"}
                                                : std::vector<std::string>{"node"};
  for (const auto& name : names) {
    for (const auto& folder : search_folders()) {
      const fs::path candidate = folder / name;
      if (access(candidate.c_str(), X_OK) != 0) continue;
      const auto found = probe(candidate, python);
      if (!found) continue;
      if (found->version == wanted) return found;
      if (!best || std::abs(found->version - wanted) < std::abs(best->version - wanted)) best = found;
    }
  }
  return best;
}

// Its program is the function's own. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html
Runtime custom_runtime(const std::string& name) {
  Runtime out;
  out.spec.name = name;
  out.speaks = Runtime::Speaks::kRuntimeApi;
  out.version = name == "provided" ? "al1" : name.substr(name.find('.') + 1);
  out.spec.environment = {
      {"PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"},
      {"LD_LIBRARY_PATH", "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"},
      {"LANG", "en_US.UTF-8"},
      {"TZ", ":UTC"},
      {"HOME", "/tmp"},
      {"LAMBDA_RUNTIME_DIR", "/var/runtime"}};
  // Amazon Linux's sh is bash, and bootstraps rely on it.
  std::error_code error;
  const fs::path shell = fs::canonical("/bin/sh", error), bash = fs::canonical("/bin/bash", error);
  if (!error && shell != bash) out.spec.visible.emplace_back(bash, shell);
  return out;
}

std::optional<int> number_in(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

}  // namespace

const Runtime* Runtimes::find(const std::string& name) {
  std::lock_guard lock(mutex_);
  const auto [entry, fresh] = found_.try_emplace(name);
  if (fresh) entry->second = make(name);
  return entry->second ? &*entry->second : nullptr;
}

std::optional<Runtime> Runtimes::make(const std::string& name) const {
  if (name == "provided" || name == "provided.al2" || name == "provided.al2023") return custom_runtime(name);
  const bool python = name.starts_with("python3.");
  const auto wanted = number_in(std::string_view(name).substr(python ? 8 : std::min<std::size_t>(6, name.size())));
  if ((!python && !name.starts_with("nodejs")) || !wanted) return std::nullopt;
  const auto interpreter = find_interpreter(python, *wanted);
  if (!interpreter) return std::nullopt;
  Runtime out;
  out.version = python ? fmt::format("3.{}", interpreter->version) : std::to_string(interpreter->version);
  if (interpreter->version != *wanted) {
    out.notice = fmt::format("leat: this machine has no {}; the function runs on {} {}", name,
                             python ? "Python" : "Node.js", out.version);
  }
  const fs::path files = folder_ / (python ? "python" : "nodejs");
  out.spec.name = name;
  out.spec.command = {interpreter->executable, python ? "/var/runtime/bootstrap.py" : "/var/runtime/bootstrap.js"};
  out.spec.visible = {{files, "/var/runtime"}};
  if (!interpreter->prefix.starts_with("/usr")) out.spec.visible.emplace_back(interpreter->prefix, interpreter->prefix);
  out.spec.environment = {{"PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"},
                          {"LD_LIBRARY_PATH", "/var/task:/var/task/lib:/opt/lib"},
                          {"LANG", "en_US.UTF-8"},
                          {"TZ", ":UTC"},
                          {"HOME", "/tmp"},
                          {"LAMBDA_RUNTIME_DIR", "/var/runtime"}};
  if (python) {
    out.spec.environment.emplace_back("PYTHONPATH", "/var/runtime/site-packages");
    out.spec.environment.emplace_back("PYTHONDONTWRITEBYTECODE", "1");
  } else {
    // ES modules know no NODE_PATH; they look for packages in the folders above their own.
    out.spec.visible.emplace_back(files / "node_modules", "/node_modules");
    out.spec.environment.emplace_back("NODE_PATH", "/node_modules");
    out.spec.environment.emplace_back("LEAT_PRELOAD",
                                      *wanted <= 16 ? "aws-sdk" : "@aws-sdk/client-dynamodb,@aws-sdk/lib-dynamodb");
  }
  return out;
}

}  // namespace leat::lambda
