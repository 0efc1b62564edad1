#include "engine/sandbox/worker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <system_error>

#include "engine/sandbox/bubblewrap.h"
#include "engine/sandbox/cgroup.h"
#include "engine/sandbox/door.h"
#include "engine/sandbox/memory_file.h"
#include "engine/sandbox/pending_process.h"
#include "engine/sandbox/proc.h"
#include "engine/sandbox/process.h"
#include "engine/sandbox/seccomp.h"
#include "engine/sandbox/spawn.h"
#include "engine/sandbox/tree.h"

namespace leat::sandbox {

namespace fs = std::filesystem;

namespace {

using Variables = std::vector<std::pair<std::string, std::string>>;

constexpr std::uint32_t kMaxProcesses = 1024;  // Lambda's own limit
constexpr const char* kCodePath = "/var/task";
constexpr const char* kLayerPath = "/opt";

[[noreturn]] void fail(const char* doing) { throw std::system_error(errno, std::generic_category(), doing); }

}  // namespace

struct WorkerFolders {
  fs::path own, layers;  // made for the worker, and removed with it
  fs::path code;         // what it sees: its own folder, or somebody's that lives on
};

struct WorkerFactory::State {
  runtime::Loop& loop;
  fs::path folder;
  Cgroups cgroups;
  Isolation isolation;
  std::optional<Network> network;
  std::atomic<std::uint64_t> number{0};
  bool stopped = false;
  // Last, so that they end first. A tree that is removed keeps no start waiting.
  runtime::Loop starts{"starts"};
  runtime::Loop removals{"removals"};

  std::uint32_t door_of(std::uint64_t worker) const {
    return network ? static_cast<std::uint32_t>(worker + UINT16_MAX) : 0;
  }

  // Without a sandbox there is no path inside it.
  std::string translated(const RuntimeSpec& spec, const WorkerFolders& folders, const std::string& text) const {
    if (isolation == Isolation::kNamespaces) return text;
    auto visible = spec.visible;
    visible.emplace_back(folders.code, kCodePath);
    visible.emplace_back(folders.layers, kLayerPath);
    for (const auto& [host, inside] : visible) {
      if (text.starts_with(inside)) return host + text.substr(inside.size());
    }
    return text;
  }

  // What stands at the root of a sandbox stands above the workers' code instead, where Node.js looks for packages too.
  void link_visible(const RuntimeSpec& spec) const {
    for (const auto& [host, inside] : spec.visible) {
      std::error_code exists;
      fs::create_directory_symlink(host, folder / fs::path(inside).filename(), exists);
    }
  }

  void append_names(std::vector<std::string>& out) const {
    if (!network) return append_machine_names(out);
    for (const auto& [machine, inside] : network->files) out.insert(out.end(), {"--ro-bind", machine, inside});
  }

  std::vector<std::string> environment_of(const RuntimeSpec& spec, const WorkerFolders& folders) const {
    std::vector<std::string> out;
    for (const auto& [key, value] : spec.environment) out.push_back(key + "=" + translated(spec, folders, value));
    for (const auto& [key, value] : network ? network->environment : Variables()) out.push_back(key + "=" + value);
    return out;
  }

  // On the thread of the starts.
  PendingProcess::Started start(const RuntimeSpec& spec, const WorkerFolders& folders, std::uint32_t door);
  void lay_out(const RuntimeSpec& spec, const WorkerFolders& folders) const;

  std::vector<std::string> command(const RuntimeSpec& spec, const WorkerFolders& folders) const {
    if (isolation == Isolation::kNone) {
      std::vector<std::string> out;
      for (const auto& word : spec.command) out.push_back(translated(spec, folders, word));
      return out;
    }
    std::vector<std::string> out = bubblewrap();
    out.insert(out.end(), {"--seccomp", std::to_string(kFirstGiven)});
    append_environment(out, kFirstGiven + 1);
    append_names(out);
    out.insert(out.end(), {"--size", std::to_string(spec.tmp_bytes), "--tmpfs", "/tmp"});
    for (const auto& [host, inside] : spec.visible) out.insert(out.end(), {"--ro-bind", host, inside});
    const std::string code = spec.live_code ? fmt::format("/proc/self/fd/{}", kFirstGiven + 2) : folders.code.string();
    out.insert(out.end(), {"--ro-bind", folders.layers, kLayerPath, "--ro-bind", code, kCodePath, "--remount-ro", "/", "--chdir",
                           kCodePath, "--"});
    out.insert(out.end(), spec.command.begin(), spec.command.end());
    return out;
  }
};

class ProcessWorker final : public Worker {
 public:
  ProcessWorker(std::shared_ptr<WorkerFactory::State> factory, WorkerFolders folders, std::uint32_t door)
      : factory_(std::move(factory)),
        folders_(std::move(folders)),
        door_(door),
        process_(std::make_shared<PendingProcess>(factory_->loop, factory_->starts)) {}

  // Its folders go after what may still be done to them.
  ~ProcessWorker() override {
    if (factory_->stopped) return;
    if (door_ != 0) factory_->network->closed(door_);
    process_->abandon([factory = factory_.get(), folders = folders_] {
      factory->removals.post([folders] {
        std::error_code ignored;
        fs::remove_all(folders.own, ignored);
        fs::remove_all(folders.layers, ignored);
      });
    });
  }

  void begin(PendingProcess::Start start) { process_->begin(std::move(start)); }

  void listen(WorkerEvents events) override { process_->listen(std::move(events)); }
  void send(char kind, std::string head, std::string rest) override {
    process_->send(kind, std::move(head), std::move(rest));
  }
  void install(const fs::path& code) override {
    process_->prepare([code, own = folders_.own] { link_tree(code, own); });
  }
  void install_layer(const fs::path& layer) override {
    process_->prepare([layer, layers = folders_.layers] { link_tree(layer, layers); });
  }
  std::string code_path() const override { return isolated() ? kCodePath : folders_.code.string(); }
  std::string layer_path() const override { return isolated() ? kLayerPath : folders_.layers.string(); }
  void limit_memory(std::uint64_t bytes) override { process_->limit_memory(bytes); }
  void settle() override {
    if (process_->process()) process_->process()->settle();
  }
  std::uint32_t peak_kib() const override {
    std::uint32_t all = 0;
    if (process_->pid() == 0) return all;
    for (const pid_t pid : tree_of(process_->pid())) all += static_cast<std::uint32_t>(status_kib(pid, "VmHWM"));
    return all;
  }
  OwnsConnection connection_check() const override {
    return [process = process_](std::uint16_t port, std::uint16_t peer_port) {
      const std::string socket = socket_of(peer_port, port);
      if (socket.empty() || process->pid() == 0) return false;
      const auto pids = tree_of(process->pid());
      return std::any_of(pids.begin(), pids.end(), [&](pid_t pid) { return has_open(pid, socket); });
    };
  }
  std::uint32_t door() const override { return door_; }
  void assign(const std::string& whose) override {
    if (door_ != 0) factory_->network->assigned(door_, whose);
  }
  bool out_of_memory() const override {
    return process_->process() && process_->process()->out_of_memory();
  }
  void drain_output() override {
    if (process_->process()) process_->process()->drain_output();
  }
  bool quiet() override { return !process_->process() || process_->process()->quiet(); }
  void pause() override {
    if (process_->process()) process_->process()->pause();
  }
  void resume() override {
    if (process_->process()) process_->process()->resume();
  }
  void hold_back() override {
    if (process_->process()) process_->process()->hold_back();
  }
  void go_on() override {
    if (process_->process()) process_->process()->go_on();
  }
  void hold_output() override {
    if (process_->process()) process_->process()->hold_output();
  }
  void release_output() override {
    if (process_->process()) process_->process()->release_output();
  }
  void kill() override { process_->kill(); }

 private:
  bool isolated() const { return factory_->isolation == Isolation::kNamespaces; }

  std::shared_ptr<WorkerFactory::State> factory_;
  WorkerFolders folders_;
  std::uint32_t door_;
  std::shared_ptr<PendingProcess> process_;
};

Isolation find_isolation() {
  auto command = bubblewrap();
  command.insert(command.end(), {"--", "/bin/true"});
  return run_quietly(command) == 0 ? Isolation::kNamespaces : Isolation::kNone;
}

WorkerFactory::WorkerFactory(runtime::Loop& loop, fs::path folder, Isolation isolation,
                             std::optional<Network> network)
    : state_(new State{loop, std::move(folder), {}, isolation, std::move(network)}) {
  std::error_code ignored;
  fs::remove_all(state_->folder, ignored);
  fs::create_directories(state_->folder);
}

WorkerFactory::~WorkerFactory() {
  stop();
  std::error_code ignored;
  fs::remove_all(state_->folder, ignored);
}

void WorkerFactory::stop() {
  state_->starts.stop();
  state_->removals.stop();
  state_->stopped = true;
}

Isolation WorkerFactory::isolation() const { return state_->isolation; }
bool WorkerFactory::has_network() const { return state_->network.has_value(); }
const std::vector<std::string>& WorkerFactory::unenforced() const { return state_->cgroups.missing(); }

namespace {

// The worker's ends of what it is reached by, and the server's.
struct Pair {
  int own = -1, workers = -1;
  ~Pair() {
    if (own >= 0) close(own);
    if (workers >= 0) close(workers);
  }
  int take() { return std::exchange(own, -1); }
};

void make_sockets(Pair& pair) {
  int both[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both) != 0) fail("socketpair");
  pair.own = both[0];
  pair.workers = both[1];
}

// Checked and seen are the same: a link that takes the folder's place, or that of one above it, is not followed.
int folder_without_links(const fs::path& folder) {
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS;
  const int opened = static_cast<int>(syscall(SYS_openat2, AT_FDCWD, folder.c_str(), &how, sizeof how));
  const int above = fcntl(opened, F_DUPFD_CLOEXEC, kAboveGiven);
  if (opened >= 0) close(opened);
  if (above < 0) fail("open the folder of a function");
  return above;
}

void make_pipe(Pair& pair) {
  int both[2];
  if (pipe2(both, O_CLOEXEC) != 0) fail("pipe");
  pair.own = both[0];
  pair.workers = both[1];
  fcntl(pair.own, F_SETFL, O_NONBLOCK);
}

}  // namespace

void WorkerFactory::State::lay_out(const RuntimeSpec& spec, const WorkerFolders& folders) const {
  fs::create_directories(folders.own);
  fs::create_directories(folders.layers);
  if (!spec.code.empty() && !spec.live_code) link_tree(spec.code, folders.own);
  for (const auto& layer : spec.layers) link_tree(layer, folders.layers);
  if (isolation == Isolation::kNone) link_visible(spec);
}

PendingProcess::Started WorkerFactory::State::start(const RuntimeSpec& spec, const WorkerFolders& folders,
                                                    std::uint32_t door) {
  lay_out(spec, folders);
  auto cgroup = cgroups.make(folders.own.filename());
  if (cgroup) {
    cgroup->limit_processes(kMaxProcesses);
    cgroup->take_most();
  }
  Pair channel, output, sockets;
  make_sockets(channel);
  make_sockets(sockets);
  make_pipe(output);
  const bool apart = isolation == Isolation::kNamespaces;
  auto environment = environment_of(spec, folders);
  Pair filter, variables, live;
  std::vector<int> given;
  if (apart) {
    filter.own = seccomp_filter();
    variables.own = memory_file(environment_file(environment));
    given = {filter.own, variables.own};
    if (spec.live_code) given.push_back(live.own = folder_without_links(folders.code));
    environment.clear();
  }
  static const std::vector<NetworkPort> kNoPorts;
  const NetworkOrder order = network ? network_order(network->ports, sockets.workers, network->way_out)
                                     : network_order(kNoPorts, sockets.workers, WayOut::kNone);
  const pid_t pid = sandbox::spawn({command(spec, folders), std::move(environment),
                                    cgroup ? cgroup->entrances() : std::vector<std::string>(), channel.workers,
                                    output.workers, std::move(given), network ? &order : nullptr});
  const int pid_descriptor = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (pid_descriptor < 0) fail("pidfd_open");
  PendingProcess::Started out;
  out.process = std::make_shared<Process>(
      loop.context(), pid, Process::Descriptors{pid_descriptor, channel.take(), output.take()}, std::move(cgroup));
  if (network)
    out.door = std::make_shared<Door>(loop.context(), Door::Settings{*network, door, pid, sockets.take()});
  return out;
}

std::unique_ptr<Worker> WorkerFactory::spawn(const RuntimeSpec& spec) {
  const std::uint64_t number = ++state_->number;
  const std::string name = fmt::format("{}-{}", spec.name, number);
  const fs::path own = state_->folder / name;
  const WorkerFolders folders{own, state_->folder / (name + "-layers"), spec.live_code ? spec.code : own};
  const std::uint32_t door = state_->door_of(number);
  auto worker = std::make_unique<ProcessWorker>(state_, folders, door);
  worker->begin([state = state_.get(), spec, folders, door] { return state->start(spec, folders, door); });
  return worker;
}

}  // namespace leat::sandbox
