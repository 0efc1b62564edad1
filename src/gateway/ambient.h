#pragma once
// Ambient authority: what an access key that leat does not know stands for, by where the request comes from alone.

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "aws/caller.h"
#include "gateway/pages.h"
#include "runtime/http.h"

namespace leat::gateway {

inline constexpr std::string_view kDefaultAccount = "000000000000";

// What becomes of access keys that leat does not know.
enum class UnknownKeys : std::uint8_t {
  kRoot,  // the account's root; a 12-digit key is the account
  kRefused,
};

// The root of the account that an unknown key names.
aws::Caller root_of(std::string_view access_key);

class AmbientAuthority {
 public:
  // Whom a door stands for (HttpRequest::door), beside the public one; nobody: its keys must be known.
  using Doors = std::function<std::optional<aws::Caller>(std::uint32_t door)>;
  AmbientAuthority(UnknownKeys unknown_keys, const Pages& pages, Doors doors)
      : unknown_keys_(unknown_keys), pages_(pages), doors_(std::move(doors)) {}

  // Whom the request acts for with a key that nobody knows; nobody: it is refused.
  std::optional<aws::Caller> caller(const runtime::HttpRequest& request, std::string_view access_key) const;

 private:
  UnknownKeys unknown_keys_;
  const Pages& pages_;
  const Doors doors_;
};

}  // namespace leat::gateway
