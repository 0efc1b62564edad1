#pragma once
// The Extensions API: programs of a layer that run beside a function and are told of its invocations.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
//
//   POST /2020-01-01/extension/register
//   GET  /2020-01-01/extension/event/next     answered when there is an event
//   POST /2020-01-01/extension/init/error
//   POST /2020-01-01/extension/exit/error

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "service/lambda/api_call.h"
#include "service/lambda/function.h"

namespace leat::lambda {

// The files of a layer that are started as extensions.
std::vector<std::filesystem::path> extensions_in(const std::filesystem::path& layer);

// The extensions of one worker. On the functions' loop.
class Extensions {
 public:
  struct Events {
    std::function<void()> changed;                                      // one of them may have become ready
    std::function<void(std::string type, std::string message)> failed;  // one of them gave up
    std::function<void(std::string name, const std::vector<std::string>& events)> ready;  // for the log
  };
  Extensions(FunctionPtr function, Random& random, Events events);

  // Files of these names are started with the worker, and waited for.
  void expect(std::vector<std::string> names);
  void answer(ApiCall& call, std::string_view path);

  // Whether every one of them waits for the next event.
  bool all_wait() const;
  // None can register any longer.
  void close_registration() { registration_open_ = false; }

  struct Invocation {
    std::string_view request_id, arn, trace;
    std::string_view deadline;  // milliseconds since 1970
  };
  void invoke(const Invocation& invocation);

  // True where one of them was told that it has to end, by then.
  bool shut_down(TimePoint deadline);

 private:
  struct Extension {
    std::string name;
    std::set<std::string> events;  // INVOKE, SHUTDOWN
    std::optional<runtime::HttpRespond> waiting;
    bool has_waited = false;
  };

  runtime::HttpResponse enlist(const ApiCall& call);
  void next(Extension& extension, runtime::HttpRespond respond);
  runtime::HttpResponse give_up(const Extension& extension, const ApiCall& call);
  bool registered(std::string_view name) const;
  void send(Extension& extension, std::string event);

  const FunctionPtr function_;
  Random& random_;
  const Events events_;
  std::set<std::string> expected_;
  std::map<std::string, Extension> extensions_;  // by identifier
  bool registration_open_ = true;
};

}  // namespace leat::lambda
