#pragma once
// Hands on what comes to adopted listeners to a service elsewhere, byte by byte, on a thread of its own.

#include <cstdint>
#include <memory>
#include <string>

namespace leat::runtime {

struct RelayTarget {
  std::string host;  // an address or a name, as this machine knows it
  std::uint16_t port;
};

class Relay {
 public:
  Relay();
  ~Relay();

  // Owns the listener from now on, until release(), which ends its connections too. A door may have several listeners
  // and 128 connections; who comes then waits until one ends. From any thread.
  void adopt(int listener, std::uint32_t door, RelayTarget target);
  void release(std::uint32_t door);

 private:
  struct Door;
  class Listener;
  class Connection;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace leat::runtime
