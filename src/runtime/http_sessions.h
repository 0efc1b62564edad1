#pragma once
// What a connection needs of its server, and how the server finds its connections again when it stops.

#include <atomic>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "runtime/http_server.h"

namespace leat::runtime {

// How a connection came.
struct HttpArrival {
  std::uint32_t door = 0;  // as in HttpRequest
  bool secure = false;
};

class HttpSessions {
 public:
  class Member {
   public:
    virtual ~Member() = default;
    virtual void drain() = 0;  // close now if idle, else after the answer
  };

  HttpSessions(const HttpServerOptions& options, const Clock& clock) : options(options), clock(clock) {}

  void add(Member* member) {
    std::lock_guard lock(mutex_);
    members_.insert(member);
  }
  void remove(Member* member) {
    std::lock_guard lock(mutex_);
    members_.erase(member);
    if (members_.empty()) empty_.notify_all();
  }
  bool drain(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    draining = true;
    for (Member* member : members_) member->drain();
    return empty_.wait_for(lock, patience, [this] { return members_.empty(); });
  }

  const HttpServerOptions& options;
  const Clock& clock;
  HttpHandler* handler = nullptr;
  std::atomic<bool> draining{false};

 private:
  std::mutex mutex_;
  std::condition_variable empty_;
  std::set<Member*> members_;
};

// RFC 7231 date, remade once a second for each thread.
inline std::string_view http_date(const Clock& clock) {
  thread_local std::time_t last = -1;
  thread_local char text[40];
  const std::time_t now = to_millis(clock.unmoved()) / 1000;
  if (now != last) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    last = now;
  }
  return text;
}

// Of a connection; nothing of a peer that is gone already.
struct HttpEnds {
  std::uint16_t port = 0, peer_port = 0;
  std::string peer;  // its address
};
template <class Socket>
HttpEnds ends_of(const Socket& socket) {
  boost::system::error_code ours, peers;
  const auto local = socket.local_endpoint(ours), remote = socket.remote_endpoint(peers);
  if (ours || peers) return {};
  return {local.port(), remote.port(), remote.address().to_string()};
}

}  // namespace leat::runtime
