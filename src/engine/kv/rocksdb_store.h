#pragma once
// The embedded engine: RocksDB in this process.

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

#include "engine/kv/store.h"

namespace rocksdb {
class Env;
}

namespace leat::kv {

enum class Durability : std::uint8_t {
  kFsync,  // durable() waits for the disk
  kOs,     // durable() is at once: a killed server loses nothing, a power cut may
};

struct RocksDbOptions {
  std::string folder;  // created where missing
  Durability durability = Durability::kFsync;
  bool in_memory = false;       // nothing touches the disk, nothing survives
  rocksdb::Env* env = nullptr;  // a test's environment; null for the system's

  int open_files = 512;  // at the most

  // Called from the syncing thread where a sync failed. Nobody can say then what of the newest commits is on the disk,
  // so no reply that waits is released any more: what is left is to end the process and to read what is there.
  std::function<void(const StoreFailure&)> lost = [](const StoreFailure&) { std::abort(); };
};

// Throws StoreFailure where the folder cannot be opened, or where another server has it open.
std::unique_ptr<Store> open_rocksdb(const RocksDbOptions& options);

}  // namespace leat::kv
