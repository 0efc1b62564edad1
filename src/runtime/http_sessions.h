#pragma once
// What a connection needs of its server, and how the server finds its connections again: when it stops, and when there
// are too many.

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>
#include <vector>

#include "runtime/deadlines.h"
#include "runtime/http_memory.h"
#include "runtime/http_server.h"
#include "runtime/http_socket.h"

namespace leat::runtime {

// A thread of the server and its connections' deadlines.
struct HttpContext {
  explicit HttpContext(const HttpPatience& patience) : deadlines(io, patience) {}
  boost::asio::io_context io{1};
  Deadlines deadlines;
};

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

  HttpSessions(const HttpServerOptions& options, const Clock& clock);
  ~HttpSessions();

  void add(Member* member);
  void remove(Member* member);
  bool drain(std::chrono::milliseconds patience);

  // Whether one more connection may come.
  bool has_room() const { return connections_ < options.max_connections; }
  // Calls `task`, once and from any thread, as soon as one may. It only posts.
  void when_there_is_room(std::function<void()> task);
  void entered() { ++connections_; }
  void left();

  // Closes the connection that has been idle longest on some thread, or else one whose head does not come to its end.
  // Where there is none, nothing happens.
  void close_an_idle_one();

  // Too much waits in memory: closes those whose readers have not moved for longest.
  void relieve_memory();

  const HttpServerOptions& options;
  const Clock& clock;
  HttpHandler* handler = nullptr;
  std::atomic<bool> draining{false};
  HttpMemory memory;
  std::vector<std::unique_ptr<HttpContext>> contexts;

 private:
  void close_an_idle_one(std::size_t tried);
  void tell_of_room();

  std::mutex mutex_;
  std::condition_variable empty_;
  std::set<Member*> members_;
  std::atomic<std::size_t> connections_{0};
  std::atomic<bool> room_awaited_{false};
  std::mutex room_mutex_;
  std::vector<std::function<void()>> awaiting_room_;
  std::atomic<std::size_t> next_{0};
};

// One of the connections that a server has room for.
class HttpPlace {
 public:
  explicit HttpPlace(HttpSessions& sessions) : sessions_(&sessions) { sessions.entered(); }
  HttpPlace(HttpPlace&& other) noexcept : sessions_(std::exchange(other.sessions_, nullptr)) {}
  ~HttpPlace() {
    if (sessions_) sessions_->left();
  }

 private:
  HttpSessions* sessions_;
};

// A connection on its way from the listener to its session.
struct HttpLink {
  HttpPlace place;  // given back after the descriptor, as is
  std::shared_ptr<void> guest;  // what its listener counts it by
  HttpContext& context;
  HttpSocket socket;
  HttpArrival arrival;
};

// RFC 7231 date, remade once a second for each thread.
std::string_view http_date(const Clock& clock);

}  // namespace leat::runtime
