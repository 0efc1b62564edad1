#pragma once
// Which packages the rows name.

#include <set>
#include <string>

#include "engine/kv/store.h"

namespace leat::lambda {

// The blobs of every function, version and layer, of all accounts and regions. It reads each of their rows.
std::set<std::string> packages_in_use(const kv::Store& store);

}  // namespace leat::lambda
