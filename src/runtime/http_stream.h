#pragma once
// A body that is written piece by piece, while its connection sends it.

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace leat::runtime {

// Thread-safe. Callbacks are called outside its lock, from the thread of whoever caused them.
class HttpStream {
 public:
  ~HttpStream() { close(); }

  // --- the writer

  // Kept until the connection has sent it; dropped where the peer is gone.
  void write(std::string_view piece);
  void end();

  // Calls `wanted`, on the connection's thread, when it could send and has nothing to. Dropped when the stream closes.
  void on_wanted(std::function<void()> wanted);

  // There is something to call `wanted` for.
  void wake();

  // Whether the writer should wait, since its reader is slower. Then `room` is called once, from any thread: when most
  // has been taken, or nobody reads any longer.
  bool full(std::function<void()> room);

  // Nobody reads any longer: the peer is gone, or the end was sent.
  bool closed() const;

  // --- the connection

  // Calls `ready`, from any thread, when there is something to take.
  void attach(std::function<void()> ready);

  struct Piece {
    std::string bytes;
    bool last = false;
  };
  Piece take(std::size_t limit);
  void close();

 private:
  std::size_t left() const { return waiting_.size() - taken_; }

  mutable std::mutex mutex_;
  std::string waiting_;
  std::size_t taken_ = 0;  // of what stands there
  bool ended_ = false;
  bool closed_ = false;
  std::function<void()> wanted_, ready_, room_;
};

}  // namespace leat::runtime
