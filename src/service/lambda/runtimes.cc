#include "service/lambda/runtimes.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
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

// A language whose runtimes are numbered after its interpreter's versions.
struct Language {
  std::string_view prefix;  // of a runtime's name
  std::string_view shown;
  std::string_view program;
  bool numbered;           // the program may have the version in its name
  std::string_view probe;  // of $program: prints version, executable, prefix
};

constexpr std::array kLanguages{
    Language{"python3.", "Python 3.", "python3", true,
             "\"$program\" -c 'import sys; print(sys.version_info[1], sys.executable, sys.base_prefix)'"},
    Language{"nodejs", "Node.js ", "node", false,
             "\"$program\" -p 'process.versions.node.split(\".\")[0] + \" \" + process.execPath + \" \" + "
             "require(\"path\").dirname(require(\"path\").dirname(process.execPath))'"},
    Language{"java", "Java ", "java", false,
             "e=$(readlink -f \"$program\"); "
             "echo $(\"$e\" --version | sed -n '1s/[^0-9]*\\([0-9]*\\).*/\\1/p') \"$e\" \"${e%/bin/java}\""},
};

const Language* language_of(std::string_view runtime) {
  const auto found = std::find_if(kLanguages.begin(), kLanguages.end(),
                                  [&](const Language& each) { return runtime.starts_with(each.prefix); });
  return found == kLanguages.end() ? nullptr : &*found;
}

std::optional<Interpreter> probe(const std::string& candidate, const Language& language) {
  const std::string text = output_of(fmt::format("program='{}'; {{ {}; }}", candidate, language.probe));
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
  add_folders(out, "/usr/lib/jvm", "bin");
  add_folders(out, home / ".sdkman/candidates/java", "bin");
  return out;
}

// The exact version where the machine has it, else the nearest.
std::optional<Interpreter> find_interpreter(const Language& language, int wanted) {
  std::optional<Interpreter> best;
  std::vector<std::string> names{std::string(language.program)};
  if (language.numbered) names.insert(names.begin(), fmt::format("{}.{}", language.program, wanted));
  for (const auto& name : names) {
    for (const auto& folder : search_folders()) {
      const fs::path candidate = folder / name;
      if (access(candidate.c_str(), X_OK) != 0) continue;
      const auto found = probe(candidate, language);
      if (!found) continue;
      if (found->version == wanted) return found;
      if (!best || std::abs(found->version - wanted) < std::abs(best->version - wanted)) best = found;
    }
  }
  return best;
}

std::vector<std::pair<std::string, std::string>> system_environment(const char* libraries) {
  return {{"PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"},
          {"LD_LIBRARY_PATH", libraries},
          {"LANG", "en_US.UTF-8"},
          {"TZ", ":UTC"},
          {"HOME", "/tmp"},
          {"LAMBDA_RUNTIME_DIR", "/var/runtime"}};
}

// Its program is the function's own. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html
Runtime custom_runtime(const std::string& name) {
  Runtime out;
  out.spec.name = name;
  out.speaks = Runtime::Speaks::kRuntimeApi;
  out.version = name == "provided" ? "al1" : name.substr(name.find('.') + 1);
  out.spec.environment =
      system_environment("/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib");
  // Amazon Linux's sh is bash, and bootstraps rely on it.
  std::error_code error;
  const fs::path shell = fs::canonical("/bin/sh", error), bash = fs::canonical("/bin/bash", error);
  if (!error && shell != bash) out.spec.visible.emplace_back(bash, shell);
  return out;
}

void complete_python(Runtime& out, const Interpreter& interpreter) {
  out.spec.command = {interpreter.executable, "/var/runtime/bootstrap.py"};
  out.spec.environment.emplace_back("PYTHONPATH", "/var/runtime/site-packages");
  out.spec.environment.emplace_back("PYTHONDONTWRITEBYTECODE", "1");
}

void complete_nodejs(Runtime& out, const Interpreter& interpreter, const fs::path& files, int wanted) {
  out.spec.command = {interpreter.executable, "/var/runtime/bootstrap.js"};
  // ES modules know no NODE_PATH; they look for packages in the folders above their own.
  out.spec.visible.emplace_back(files / "node_modules", "/node_modules");
  out.spec.environment.emplace_back("NODE_PATH", "/node_modules");
  out.spec.environment.emplace_back("LEAT_PRELOAD",
                                    wanted <= 16 ? "aws-sdk" : "@aws-sdk/client-dynamodb,@aws-sdk/lib-dynamodb");
}

// AWS's own runtime client. The heap is most of the function's memory, as on AWS.
void complete_java(Runtime& out, const Interpreter& interpreter) {
  out.speaks = Runtime::Speaks::kRuntimeApi;
  out.spec.command = {
      "/bin/sh", "-c",
      fmt::format(
          "exec '{}' -Xmx$((AWS_LAMBDA_FUNCTION_MEMORY_SIZE * 4 / 5))m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "
          "${{LEAT_JAVA_CERTIFICATES:+-Djavax.net.ssl.trustStore=$LEAT_JAVA_CERTIFICATES}} "
          "-cp \"$LAMBDA_RUNTIME_DIR/lib/*:$LAMBDA_TASK_ROOT:$LAMBDA_TASK_ROOT/lib/*:/opt/java/lib/*\" "
          "com.amazonaws.services.lambda.runtime.api.client.AWSLambda \"$_HANDLER\"",
          interpreter.executable)};
  std::error_code error;  // Debian keeps a JVM's settings there
  for (const auto& entry : fs::directory_iterator("/etc", error)) {
    if (entry.path().filename().string().starts_with("java-"))
      out.spec.visible.emplace_back(entry.path(), entry.path());
  }
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
  const Language* language = language_of(name);
  if (!language) return std::nullopt;
  const auto wanted = number_in(std::string_view(name).substr(language->prefix.size()));
  const auto interpreter = wanted ? find_interpreter(*language, *wanted) : std::nullopt;
  if (!interpreter) return std::nullopt;
  Runtime out;
  const std::string_view family = language->prefix.substr(0, language->prefix.find('3'));
  const fs::path files = folder_ / family;
  if (family == "java" && !fs::exists(files / "lib")) return std::nullopt;
  out.version = fmt::format("{}{}", language->prefix.substr(family.size()), interpreter->version);
  if (interpreter->version != *wanted) {
    out.notice = fmt::format("leat: this machine has no {}; the function runs on {}{}", name, language->shown,
                             interpreter->version);
  }
  out.spec.name = name;
  out.spec.visible = {{files, "/var/runtime"}};
  if (!interpreter->prefix.starts_with("/usr")) out.spec.visible.emplace_back(interpreter->prefix, interpreter->prefix);
  out.spec.environment = system_environment("/var/task:/var/task/lib:/opt/lib");
  if (family == "python")
    complete_python(out, *interpreter);
  else if (family == "nodejs")
    complete_nodejs(out, *interpreter, files, *wanted);
  else
    complete_java(out, *interpreter);
  return out;
}

}  // namespace leat::lambda
