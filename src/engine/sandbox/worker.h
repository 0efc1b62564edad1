#pragma once
// One isolated process that runs a stranger's code, and the socket to it.

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/sandbox/network.h"
#include "runtime/loop.h"

namespace leat::sandbox {

// How a runtime's workers are started. Knows nothing of what they run.
struct RuntimeSpec {
  std::string name;
  // Paths are those inside the sandbox; without one they are translated by `visible`.
  std::vector<std::string> command;
  std::vector<std::pair<std::string, std::string>> visible;  // host path, path inside; read-only
  std::vector<std::pair<std::string, std::string>> environment;
  std::filesystem::path code = {};                 // installed before it starts, where it is known by then
  std::uint64_t tmp_bytes = 512ULL << 20;          // the size of its /tmp, where it has one of its own
  bool live_code = false;                          // `code` itself is what the worker sees, with what changes in it
  std::vector<std::filesystem::path> layers = {};  // and these
};

// Called on the loop's thread.
struct WorkerEvents {
  std::function<void(char kind, std::string payload)> message;  // a frame of runtimes/PROTOCOL.md
  std::function<void(std::string_view text)> output;            // standard output and error
  std::function<void(int status)> exit;                         // as waitpid() gives it; nothing follows
};

class Worker {
 public:
  virtual ~Worker() = default;  // kills the process and everything it started

  virtual void listen(WorkerEvents events) = 0;
  // A frame whose payload is both texts, one after the other: a large one is moved, not copied.
  virtual void send(char kind, std::string head, std::string rest) = 0;

  // Makes the files of `folder` the worker's code, read-only for it.
  virtual void install(const std::filesystem::path& folder) = 0;
  // The same at /opt, over what was installed there before.
  virtual void install_layer(const std::filesystem::path& folder) = 0;
  // Where the worker sees its code, and its layers.
  virtual std::string code_path() const = 0;
  virtual std::string layer_path() const = 0;

  virtual void limit_memory(std::uint64_t bytes) = 0;
  // It has started: its share of the processors follows its memory from here on.
  virtual void settle() = 0;
  virtual bool out_of_memory() const = 0;
  virtual std::uint32_t peak_kib() const = 0;  // of its processes together

  // Says whether the other end of a connection to a port of ours belongs to it. From any thread, while it lives.
  using OwnsConnection = std::function<bool(std::uint16_t port, std::uint16_t peer_port)>;
  virtual OwnsConnection connection_check() const = 0;
  // Of its own network; 0 where it shares the machine's.
  virtual std::uint32_t door() const = 0;
  // Whose code it will run, before it is told to: what its network is told.
  virtual void assign(const std::string& whose) = 0;

  // Hands over what the process has written so far, before an answer is acted on.
  virtual void drain_output() = 0;
  // Whether it has said nothing that was not read yet.
  virtual bool quiet() = 0;
  virtual void kill() = 0;

  // Holds its processes still, whatever they have begun, until resume().
  virtual void pause() {}
  virtual void resume() {}

  // Takes no more frames of it until go_on(): it has to wait with what it says.
  virtual void hold_back() = 0;
  virtual void go_on() = 0;
  // The same of its output: it has to wait with what it prints, once its pipe is full.
  virtual void hold_output() = 0;
  virtual void release_output() = 0;

  // kill(), where nothing in the worker wants to know before.
  virtual void end() { kill(); }
  // Whether an answer alone does not make it ready for the next event: it says so by a frame 'N'.
  virtual bool says_when_idle() const { return false; }
};

// What keeps workers apart on this machine.
enum class Isolation : std::uint8_t { kNamespaces, kNone };

// Found out by trying; takes some milliseconds.
Isolation find_isolation();

class WorkerFactory {
 public:
  // `folder` holds each worker's code while it lives. It is emptied, so its owner must be certain.
  // Without a network, workers share the machine's.
  WorkerFactory(runtime::Loop& loop, std::filesystem::path folder, Isolation isolation,
                std::optional<Network> network);
  ~WorkerFactory();

  Isolation isolation() const;
  bool has_network() const;
  // The limits that this machine lets nobody set, in words.
  const std::vector<std::string>& unenforced() const;

  // On the loop's thread, at once: what takes time is done on another, in the order in which it is asked for. Where no
  // process can be started it exits with 127.
  std::unique_ptr<Worker> spawn(const RuntimeSpec& spec);

  // Starts and removes nothing any more, and calls nobody. Workers die with the thread that started them.
  void stop();

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace leat::sandbox
