#pragma once
// What a server puts up with from its clients.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace leat::runtime {

// What a connection waits for the other side to do.
enum class Waits : std::uint8_t {
  kNothing,    // for the server itself, or for what an operation waits for
  kGreeting,   // the first byte
  kHandshake,  // of TLS
  kIdle,       // the next request
  kHead,       // the rest of a request's head
  kBody,       // more of a request's body
  kLargeBody,  // the same, and room in memory is kept for it
  kRoom,       // room in memory
  kReader,     // that it reads its answer
  kFarewell,   // that it closes its end
};
inline constexpr std::size_t kWaits = 10;

// How long, in real time. Where `progress` is asked for, that many bytes in that time are enough to go on.
struct Patience {
  std::chrono::milliseconds time{0};
  std::uint64_t progress = 0;
};

// SDKs keep connections in their pools for a minute and longer, and some try a dead one first: idleness is cheap, and
// the longest idle connections go anyway where others are kept out.
struct HttpPatience {
  std::array<Patience, kWaits> by_wait{{
      {},
      {std::chrono::seconds(60)},
      {std::chrono::seconds(10)},
      {std::chrono::minutes(10)},
      {std::chrono::seconds(30)},
      {std::chrono::seconds(20), 10U << 10},
      {std::chrono::seconds(20), 320U << 10},
      {std::chrono::seconds(60)},
      {std::chrono::seconds(60), 30U << 10},
      {std::chrono::seconds(2)},
  }};

  // With peers that are frozen between two requests, for as long as there is none.
  static HttpPatience endless() {
    HttpPatience out;
    for (Patience& each : out.by_wait) each = {std::chrono::hours(24 * 365)};
    return out;
  }

  const Patience& operator[](Waits waits) const { return by_wait[static_cast<std::size_t>(waits)]; }

  // Of a server that tests are in a hurry with.
  void shorten(double factor) {
    for (Patience& each : by_wait) {
      each.time = std::chrono::duration_cast<std::chrono::milliseconds>(each.time * factor);
      each.progress = static_cast<std::uint64_t>(static_cast<double>(each.progress) * factor);
    }
  }
};

}  // namespace leat::runtime
