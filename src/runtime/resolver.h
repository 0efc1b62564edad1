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
  explicit Resolver(IsHere is_here);
  ~Resolver();

  // Answers on a datagram socket, which it owns from now on, until release(). From any thread.
  void adopt(int descriptor, std::uint32_t door);
  void release(std::uint32_t door);

 private:
  class Socket;
  IsHere is_here_;
  std::map<std::uint32_t, std::shared_ptr<Socket>> sockets_;  // of the loop's thread
  Loop loop_{"resolver"};
};

}  // namespace leat::runtime
