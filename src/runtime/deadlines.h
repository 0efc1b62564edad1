#pragma once
// When connections have waited long enough: a queue for each thing that they wait for, in the order in which they
// began. All of a queue have the same patience, so its front is always the next to expire, and the longest waiting.

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>

#include "runtime/http_limits.h"

namespace leat::runtime {

// Of one thread, as all its entries are.
class Deadlines {
 public:
  class Entry : public boost::intrusive::list_base_hook<> {
   public:
    Entry() = default;
    Entry(const Entry&) = delete;
    virtual ~Entry();

   protected:
    // It has waited long enough, or others need what it holds. It may be the end of the entry.
    virtual void expire(Waits waited_for) = 0;

    // Bytes that went through so far.
    virtual std::uint64_t progress() const { return 0; }

   private:
    friend class Deadlines;
    using Time = std::chrono::steady_clock::time_point;
    Deadlines* deadlines_ = nullptr;  // null where it waits for nothing
    Waits waits_ = Waits::kNothing;
    Time since_;
    std::uint64_t progress_ = 0;  // at that time
  };

  ~Deadlines();
  Deadlines(boost::asio::io_context& context, const HttpPatience& patience) : patience_(patience), timer_(context) {}

  // From now on, until it is told to wait for something else.
  void wait(Entry& entry, Waits waits);

  // The same, but goes on waiting where it did so already.
  void go_on(Entry& entry, Waits waits) {
    if (entry.waits_ != waits) wait(entry, waits);
  }

  std::size_t count(Waits waits) const { return queues_[static_cast<std::size_t>(waits)].size(); }

  // Ends whoever has waited longest, and for `least` without any progress. False where there is nobody.
  bool expire_longest(Waits waits, std::chrono::milliseconds least = {});

 private:
  using Queue = boost::intrusive::list<Entry>;

  Queue& queue(Waits waits) { return queues_[static_cast<std::size_t>(waits)]; }
  void leave(Entry& entry);
  void expire_due();
  bool has_moved(const Entry& entry) const;
  void arm(Entry::Time due);
  void arm_next();

  const HttpPatience& patience_;
  std::array<Queue, kWaits> queues_;
  boost::asio::steady_timer timer_;
  Entry::Time armed_ = Entry::Time::max();
};

}  // namespace leat::runtime
