#pragma once
// A file system that forgets what was not synced, as a power cut does: what is appended to a file reaches it when it
// is synced. Killing a server that runs on it loses exactly the unsynced bytes. For tests.

#include <memory>

namespace rocksdb {
class Env;
}

namespace leat::kv {

struct FreeEnv {
  void operator()(rocksdb::Env* env) const;
};

std::unique_ptr<rocksdb::Env, FreeEnv> make_buffered_env();

}  // namespace leat::kv
