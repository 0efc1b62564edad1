#pragma once
// One resolver on many sockets, with a thread of its own.

#include <cstdint>
#include <map>
#include <memory>

#include "runtime/dns.h"
#include "runtime/loop.h"

namespace leat::runtime {

class Resolver {
 public:
  // What becomes of names that are not here: they do not exist, or the machine's resolver is asked.
  enum class Others : std::uint8_t { kUnknown, kAsked };
  Resolver(IsHere is_here, Others others);
  ~Resolver();

  // Answers on a datagram socket, which it owns from now on, until release(). From any thread.
  void adopt(int descriptor, std::uint32_t door);
  void release(std::uint32_t door);

 private:
  class Socket;
  class Question;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace leat::runtime
