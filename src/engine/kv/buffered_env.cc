#include "engine/kv/buffered_env.h"

#include <rocksdb/env.h>

#include <mutex>
#include <string>

namespace leat::kv {
namespace {

class BufferedFile final : public rocksdb::WritableFileWrapper {
 public:
  explicit BufferedFile(std::unique_ptr<rocksdb::WritableFile> file)
      : WritableFileWrapper(file.get()), file_(std::move(file)) {}

  rocksdb::Status Append(const rocksdb::Slice& data) override {
    std::lock_guard lock(mutex_);
    buffer_.append(data.data(), data.size());
    return rocksdb::Status::OK();
  }
  rocksdb::Status Append(const rocksdb::Slice& data, const rocksdb::DataVerificationInfo&) override {
    return Append(data);
  }
  rocksdb::Status Flush() override { return rocksdb::Status::OK(); }
  rocksdb::Status Sync() override {
    const auto status = write_through();
    return status.ok() ? file_->Sync() : status;
  }
  rocksdb::Status Fsync() override {
    const auto status = write_through();
    return status.ok() ? file_->Fsync() : status;
  }
  // Closing is not syncing, but RocksDB reads tables back that it closed; only a kill loses the buffer.
  rocksdb::Status Close() override {
    const auto status = write_through();
    return status.ok() ? file_->Close() : status;
  }
  bool IsSyncThreadSafe() const override { return true; }
  std::uint64_t GetFileSize() override {
    std::lock_guard lock(mutex_);
    return file_->GetFileSize() + buffer_.size();
  }

 private:
  rocksdb::Status write_through() {
    std::lock_guard lock(mutex_);
    const auto status = file_->Append(buffer_);
    buffer_.clear();
    return status.ok() ? file_->Flush() : status;
  }

  std::unique_ptr<rocksdb::WritableFile> file_;
  std::mutex mutex_;
  std::string buffer_;
};

class BufferedEnv final : public rocksdb::EnvWrapper {
 public:
  BufferedEnv() : EnvWrapper(rocksdb::Env::Default()) {}
  const char* Name() const override { return "BufferedEnv"; }

  rocksdb::Status NewWritableFile(const std::string& name, std::unique_ptr<rocksdb::WritableFile>* out,
                                  const rocksdb::EnvOptions& options) override {
    std::unique_ptr<rocksdb::WritableFile> file;
    const auto status = target()->NewWritableFile(name, &file, options);
    if (status.ok()) *out = std::make_unique<BufferedFile>(std::move(file));
    return status;
  }
};

}  // namespace

void FreeEnv::operator()(rocksdb::Env* env) const { delete env; }

std::unique_ptr<rocksdb::Env, FreeEnv> make_buffered_env() {
  return std::unique_ptr<rocksdb::Env, FreeEnv>(new BufferedEnv);
}

}  // namespace leat::kv
