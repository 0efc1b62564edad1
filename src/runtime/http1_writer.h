#pragma once
// Writes an HTTP/1.1 connection's answers: whole, or piece by piece as they come.

#include <memory>
#include <string>

#include "runtime/http.h"
#include "runtime/http_socket.h"
#include "runtime/http_stream.h"

namespace leat::runtime {

// What its request allows an answer to be.
struct Http1Form {
  bool keep_alive = true;
  bool head_only = false;
  bool chunked = true;  // HTTP/1.0 knows no chunks: a body in pieces ends with the connection
};

// Of one thread.
class Http1Writer {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void sending() = 0;    // the peer is to read
    virtual void resting() = 0;    // there is nothing to send yet
    virtual void answered() = 0;   // all is sent
    virtual void forsaken() = 0;   // the peer is gone, or the answer ends before its end
  };

  Http1Writer(HttpSocket& socket, Owner& owner) : socket_(socket), owner_(owner) {}

  // What is in progress keeps `self`, the owner's, alive.
  void write(HttpResponse response, const Http1Form& form, std::string_view date, const std::shared_ptr<void>& self);

  // Nobody reads: the stream of an answer that is being sent is closed.
  void abandon();
  bool streams() const { return source_ != nullptr; }
  bool keeps_alive() const { return form_.keep_alive; }

 private:
  void begin_stream(std::shared_ptr<HttpStream> source, const std::shared_ptr<void>& self);
  void write_piece(const std::shared_ptr<void>& self);
  void send(HttpSocket::Done done);

  HttpSocket& socket_;
  Owner& owner_;
  Http1Form form_;
  std::string head_, body_;
  std::shared_ptr<HttpStream> source_;  // of the answer that is being sent in pieces
  bool writing_ = false;
};

}  // namespace leat::runtime
