#pragma once
// RocksDB's files on a disk that somebody else may fill.
//
// RocksDB takes nothing more through a write-ahead log that it could not write to, and who asks all the same is ended by an
// assertion. So a commit's room in the log is allocated before RocksDB hears of it. All else that fails for want of room or
// of descriptors is marked as passing, which RocksDB tries again by itself until it succeeds.

#include <rocksdb/file_system.h>

#include <atomic>
#include <memory>
#include <mutex>

namespace leat::kv {

class LogFile;

// The room that the newest write-ahead log has.
class LogRoom {
 public:
  // Makes room for a commit of `bytes`, in this log and in one that RocksDB may begin for it.
  rocksdb::IOStatus make(std::uint64_t bytes);

 private:
  friend class LogFile;
  std::mutex mutex_;
  LogFile* newest_ = nullptr;
  std::atomic<std::uint64_t> wanted_{0};
};

std::shared_ptr<rocksdb::FileSystem> make_patient_files(const std::shared_ptr<rocksdb::FileSystem>& below,
                                                        std::shared_ptr<LogRoom> room);

}  // namespace leat::kv
