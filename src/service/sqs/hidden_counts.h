#pragma once
// How many messages cannot be received yet, by the time at which they can: each counted in once and out once.

#include <cstdint>
#include <map>

namespace leat::sqs {

struct Hidden {
  std::int64_t in_flight = 0;
  std::int64_t delayed = 0;

  Hidden& operator+=(const Hidden& other) {
    in_flight += other.in_flight;
    delayed += other.delayed;
    return *this;
  }
};

inline constexpr Hidden kInFlight{1, 0};
inline constexpr Hidden kDelayed{0, 1};

class HiddenCounts {
 public:
  void clear() {
    times_.clear();
    totals_ = {};
  }

  void add(const Hidden& one, std::int64_t visible_at) {
    times_[visible_at] += one;
    totals_ += one;
  }

  // A message that is no longer hidden until `visible_at`. After that time it was forgotten anyhow.
  void remove(const Hidden& one, std::int64_t visible_at, std::int64_t now) {
    totals(now);
    if (times_.contains(visible_at)) add({-one.in_flight, -one.delayed}, visible_at);
  }

  const Hidden& totals(std::int64_t now) {
    while (!times_.empty() && times_.begin()->first <= now) {
      const Hidden& over = times_.begin()->second;
      totals_ += {-over.in_flight, -over.delayed};
      times_.erase(times_.begin());
    }
    return totals_;
  }

 private:
  std::map<std::int64_t, Hidden> times_;
  Hidden totals_;
};

}  // namespace leat::sqs
