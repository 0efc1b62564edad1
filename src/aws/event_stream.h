#pragma once
// What an operation goes on to say after its reply: named events, for as long as the client listens.
// https://smithy.io/2.0/spec/streaming.html#event-streams

#include <functional>
#include <memory>
#include <string_view>

#include "aws/error.h"
#include "aws/shape.h"

namespace leat::aws {

// Thread-safe. The gateway makes one for each reply that streams.
class EventSink {
 public:
  virtual ~EventSink() = default;

  // `name` is the event's member in the model's union.
  template <class Event>
  void send(std::string_view name, const Event& event) {
    send_shape(name, Event::kShape, &event);
  }
  virtual void fail(const Error& error) = 0;  // the last event
  virtual void end() = 0;

  // `wanted` is called on the connection's thread when it could send and has nothing to; after wake() at the latest.
  virtual void on_wanted(std::function<void()> wanted) = 0;
  virtual void wake() = 0;

  // Whether its client should take some before more is sent. Then `room` is called once, from any thread: when it has,
  // or has left.
  virtual bool full(std::function<void()> room) = 0;

 protected:
  virtual void send_shape(std::string_view name, const Shape& shape, const void* event) = 0;
};
using EventSinkPtr = std::shared_ptr<EventSink>;

// The event stream of an operation's output: called once with where its events go. What `wanted` holds lives as long as
// the client listens.
using EventSource = std::function<void(EventSinkPtr)>;

inline constexpr Shape kEventStream{.kind = Kind::kEventStream, .name = "EventStream"};

}  // namespace leat::aws
