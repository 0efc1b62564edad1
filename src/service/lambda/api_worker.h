#pragma once
// A worker with a port of its own, where its processes reach the Runtime API and the Extensions API. To its execution
// it speaks the frames of runtimes/PROTOCOL.md, whatever its runtime speaks. Its process starts when it gets its
// function. Everything happens on the functions' loop.

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/sandbox/worker.h"
#include "service/lambda/extensions.h"
#include "service/lambda/runtimes.h"

namespace leat::lambda {

class RuntimeApi;

class ApiWorker final : public sandbox::Worker {
 public:
  struct Settings {
    sandbox::RuntimeSpec spec;
    Runtime::Speaks speaks;
    FunctionPtr function;
  };
  ApiWorker(RuntimeApi& api, Settings settings);
  ~ApiWorker() override;

  void listen(sandbox::WorkerEvents events) override { events_ = std::move(events); }
  void send(char kind, std::string head, std::string rest) override;
  void install(const std::filesystem::path& folder) override { spec_.code = folder; }
  void install_layer(const std::filesystem::path& folder) override { spec_.layers.push_back(folder); }
  // As inside a sandbox; where there is none, it is translated when the process starts.
  std::string code_path() const override { return "/var/task"; }
  std::string layer_path() const override { return "/opt"; }
  void limit_memory(std::uint64_t bytes) override { memory_ = bytes; }
  void settle() override {
    if (process_) process_->settle();
  }
  bool out_of_memory() const override { return process_ && process_->out_of_memory(); }
  std::uint32_t peak_kib() const override { return process_ ? process_->peak_kib() : 0; }
  OwnsConnection connection_check() const override { return nullptr; }
  std::uint32_t door() const override { return process_ ? process_->door() : 0; }
  void assign(const std::string& whose) override { whose_ = whose; }
  void drain_output() override;
  bool quiet() override { return !process_ || process_->quiet(); }
  void pause() override;
  void resume() override;
  void kill() override;
  void hold_back() override;
  void go_on() override;
  void hold_output() override {
    if (process_) process_->hold_output();
  }
  void release_output() override {
    if (process_) process_->release_output();
  }
  // Extensions are told, and have two seconds.
  void end() override;
  bool says_when_idle() const override { return true; }

  // A call on its port.
  void answer(ApiCall& call);
  // Whether a call there may be as large as a response.
  static bool takes_answers(std::string_view path);
  // What came there was larger.
  void refuse_answer(std::string_view path);
  // A piece of a response that is streamed, before its call. The next may come once `go_on` is called.
  void take_piece(std::string_view path, const std::string& content_type, const std::string& piece,
                  runtime::HttpGoOn go_on);

  std::uint32_t place = 0;  // where it asks: its door, or its port on the machine's network

 private:
  // The Runtime API.
  void answer_runtime(ApiCall& call, std::string_view path);
  void next(runtime::HttpRespond respond);
  runtime::HttpResponse respond(std::string_view id, std::string_view body, char kind);
  runtime::HttpResponse end_stream(std::string_view id, ApiCall& call);
  runtime::HttpResponse fail_init(std::string body);

  // Who is told may end this worker: the last that is done in a function.
  void tell(char kind, std::string payload);
  void tell_later(char kind, std::string payload);

  void start(std::string_view init);
  void set_variable(const std::string& name, const std::string& value);
  bool find_program();
  struct Bootstrap {
    std::filesystem::path file;
    std::string path;  // as the worker sees it
  };
  std::optional<Bootstrap> find_bootstrap() const;
  bool find_extensions();
  void refuse_start(std::string_view type, std::string message);

  void on_frame(char kind, std::string payload);
  void on_change();
  void on_failure(std::string_view type, std::string_view message);
  void deliver();

  RuntimeApi& api_;
  sandbox::RuntimeSpec spec_;
  const Runtime::Speaks speaks_;
  const FunctionPtr function_;
  Extensions extensions_;
  sandbox::WorkerEvents events_;
  std::unique_ptr<sandbox::Worker> process_;
  std::uint64_t memory_ = 0;
  std::string whose_;
  std::optional<runtime::HttpRespond> next_;  // the runtime waits for an event
  // That waits for the runtime: the line that describes it, and itself.
  std::optional<std::pair<std::string, std::string>> event_;
  std::string running_;   // the request id of the event that the runtime has
  std::string token_;     // and what its frames begin with
  bool streams_ = false;  // its response has begun
  bool held_back_ = false;
  std::vector<runtime::HttpGoOn> waiting_;  // with their next pieces, where it is held back
  bool runtime_ready_ = false;
  bool ready_ = false;  // with its extensions
  bool failed_ = false;
  bool runtime_busy_ = false;
  bool busy_ = false;  // from an event until all wait for the next
  std::shared_ptr<void> alive_ = std::make_shared<char>();
};

}  // namespace leat::lambda
