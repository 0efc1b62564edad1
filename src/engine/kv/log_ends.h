#pragma once
// Where the logs end, what of them is durable, and who waits for more.

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/kv/store.h"

namespace leat::kv {

class LogEnds {
 public:
  // `load` finds a log's end in the store; called once for each log, before anything is appended to it.
  explicit LogEnds(std::function<LogPosition(std::string_view log)> load) : load_(std::move(load)) {}

  // The position of the log's next record, which is thereby taken. Called under the store's commit lock.
  LogPosition take(const std::string& log);

  // Undoes the newest take() of that log: its commit failed.
  void give_back(const std::string& log);

  LogPosition durable_end(const std::string& log);
  Subscription subscribe(const std::string& log, std::function<void()> changed);

  // What has been taken since the last call; passed to settle() once it is durable.
  using Taken = std::vector<std::pair<std::string, LogPosition>>;
  Taken collect();
  void settle(const Taken& taken);

 private:
  struct Ends {
    LogPosition next;
    LogPosition durable;
    bool dirty = false;
  };
  struct Subscriber {
    std::recursive_mutex mutex;                      // a callback may end its own subscription
    std::shared_ptr<std::function<void()>> changed;  // null once unsubscribed
  };
  Ends& find(const std::string& log);

  std::function<LogPosition(std::string_view)> load_;
  std::mutex mutex_;
  std::unordered_map<std::string, Ends> ends_;
  std::vector<std::string> dirty_;
  std::unordered_multimap<std::string, std::weak_ptr<Subscriber>> subscribers_;
};

}  // namespace leat::kv
