#pragma once
// Who waits for what functions print. A thread of their own reads for them, page by page, so that whoever prints waits
// for none of them.

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/departure.h"
#include "runtime/http.h"
#include "runtime/loop.h"
#include "service/logs/arrivals.h"

namespace leat::app {

class LogFollowers {
 public:
  explicit LogFollowers(logs::Logs& logs) : logs_(logs) {}

  enum class Patience : std::uint8_t { kNone, kUntilSomethingCame };
  struct Question {
    logs::StreamId group;  // of no stream
    std::uint64_t after;   // the arrival that was seen last
    Patience patience;
  };

  // Answered once: with what came after, {"events": […], "after": "NUMBER", "more": BOOL}. Forgotten where the client is gone.
  void follow(Question question, const runtime::HttpRequest& request, runtime::HttpRespond respond);

  // The server ends: whoever waits is answered, and nobody waits from now on.
  void release();

 private:
  struct Follower {
    Question question;
    runtime::HttpRespond respond;
    kv::Subscription subscription;
    std::shared_ptr<std::atomic<bool>> woken = std::make_shared<std::atomic<bool>>(false);
  };
  void admit(std::uint64_t number, Follower follower);
  void look(std::uint64_t number);
  bool waits(const Question& question, const logs::ArrivalPage& page) const;

  logs::Logs& logs_;
  std::atomic<std::uint64_t> next_{0};
  std::map<std::uint64_t, Follower> followers_;  // the loop's alone, as is
  bool released_ = false;
  runtime::Loop loop_{"log followers"};
};

}  // namespace leat::app
