#pragma once
// Who may have how many of the process's descriptors: without a share for each, clients that only connect would stop
// the store.

#include <cstddef>

namespace leat::app {

struct DescriptorBudget {
  std::size_t connections;
  int store_files;
  // The rest is for functions' workers, packages and logs.
};

DescriptorBudget share_descriptors(std::size_t limit);

// Raises the process's limit as far as it may be raised, and shares what that is.
DescriptorBudget claim_descriptors();

}  // namespace leat::app
