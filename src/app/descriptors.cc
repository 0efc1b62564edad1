#include "app/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

namespace leat::app {

DescriptorBudget share_descriptors(std::size_t limit) {
  constexpr std::size_t kStore = 512, kOthers = 4096, kEnough = 1U << 16, kLeast = 8;
  const std::size_t store = std::min(limit / 4, kStore), others = std::min(limit / 4, kOthers);
  const std::size_t rest = limit - store - others;
  return {std::clamp(rest, kLeast, kEnough), static_cast<int>(store)};
}

DescriptorBudget claim_descriptors() {
  constexpr rlim_t kMany = 1U << 20;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit wanted{std::max(limit.rlim_cur, std::min(limit.rlim_max, kMany)), limit.rlim_max};
  if (setrlimit(RLIMIT_NOFILE, &wanted) == 0) limit = wanted;
  return share_descriptors(std::min(limit.rlim_cur, kMany));
}

}  // namespace leat::app
