#pragma once
// Certificates by name, made when a client first asks for the name: leat signs them itself, for the names of AWS's
// endpoints and its own alone.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"

struct ssl_ctx_st;
struct ssl_st;

namespace leat::runtime {

// Which may sign those names and no others: (certificate, key) in PEM.
std::pair<std::string, std::string> make_authority(TimePoint now);

class CertificateAuthority {
 public:
  // What it may sign is also narrowed by `signs`, for names in small letters.
  using Signs = std::function<bool(std::string_view name)>;
  CertificateAuthority(const std::pair<std::string, std::string>& authority, const Clock& clock, Signs signs);
  ~CertificateAuthority();

  // Connections of the context get the certificate of the name that they ask for, where its own is not for that name.
  // It must live as long as they.
  void serve(ssl_ctx_st* context);

 private:
  struct State;
  static int choose(ssl_st* connection, void* authority);
  std::unique_ptr<State> state_;
};

// The same certificates as Java keeps them in a file, without a password. https://github.com/openjdk/jdk JavaKeyStore.java
std::string java_trust_store(std::string_view certificates_pem);

}  // namespace leat::runtime
