#include "runtime/http_sessions.h"

#include <boost/asio/post.hpp>
#include <ctime>

namespace leat::runtime {

namespace asio = boost::asio;

HttpSessions::HttpSessions(const HttpServerOptions& options, const Clock& clock)
    : options(options), clock(clock), memory(options.memory_limit, options.freed) {
  for (unsigned i = 0; i < options.threads; ++i) contexts.push_back(std::make_unique<HttpContext>(options.patience));
}

// What waits for memory, and what the contexts have not called, holds sessions, which know this.
HttpSessions::~HttpSessions() {
  room_awaited_ = false;
  memory.abandon();
  contexts.clear();
}

void HttpSessions::add(Member* member) {
  std::lock_guard lock(mutex_);
  members_.insert(member);
}

void HttpSessions::remove(Member* member) {
  std::lock_guard lock(mutex_);
  members_.erase(member);
  if (members_.empty()) empty_.notify_all();
}

bool HttpSessions::drain(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  draining = true;
  for (Member* member : members_) member->drain();
  return empty_.wait_for(lock, patience, [this] { return members_.empty(); });
}

void HttpSessions::left() {
  constexpr std::uint64_t kTaken = 16U << 10;  // about what one takes, with its head and through TLS
  options.freed(kTaken);
  --connections_;
  if (room_awaited_) tell_of_room();
}

void HttpSessions::when_there_is_room(std::function<void()> task) {
  {
    std::lock_guard lock(room_mutex_);
    awaiting_room_.push_back(std::move(task));
    room_awaited_ = true;
  }
  if (has_room()) tell_of_room();
}

void HttpSessions::tell_of_room() {
  std::vector<std::function<void()>> tasks;
  {
    std::lock_guard lock(room_mutex_);
    room_awaited_ = false;
    tasks.swap(awaiting_room_);
  }
  for (const auto& task : tasks) task();
}

void HttpSessions::close_an_idle_one() { close_an_idle_one(0); }

void HttpSessions::close_an_idle_one(std::size_t tried) {
  if (tried == contexts.size()) return;
  HttpContext& context = *contexts[next_++ % contexts.size()];
  asio::post(context.io, [this, &context, tried] {
    // A head that comes as a whole is never waited for.
    for (const Waits waits : {Waits::kIdle, Waits::kGreeting, Waits::kHead}) {
      if (context.deadlines.expire_longest(waits)) return;
    }
    close_an_idle_one(tried + 1);
  });
}

void HttpSessions::relieve_memory() {
  for (const auto& context : contexts) {
    asio::post(context->io, [this, &deadlines = context->deadlines] {
      const auto least = options.patience[Waits::kReader].time / 60;
      while (memory.overdrawn() && deadlines.expire_longest(Waits::kReader, least)) {
      }
    });
  }
}

std::string_view http_date(const Clock& clock) {
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

}  // namespace leat::runtime
