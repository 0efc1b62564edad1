#pragma once
// Where a package is fetched, for whoever has the link: for ten minutes, as AWS's Code.Location is. The name of a package
// is no secret, since every listing shows it (CodeSha256); what is signed here is.

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"

namespace leat::lambda {

class PackageLinks {
 public:
  static constexpr std::string_view kPath = "/_leat/packages/";

  // The links of one start are no good after the next.
  PackageLinks(const Clock& clock, Random& random) : clock_(clock), key_(random.bytes(32)) {}

  std::string link(std::string_view endpoint_url, std::string_view package) const;

  // The package that the target leads to; nothing where it was not made here, or is too old.
  std::optional<std::string> package(std::string_view path, std::string_view query) const;

 private:
  std::string signature(std::string_view package, std::string_view expires) const;

  const Clock& clock_;
  std::string key_;
};

}  // namespace leat::lambda
