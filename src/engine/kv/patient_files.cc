#include "engine/kv/patient_files.h"

#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <string>

namespace leat::kv {

using rocksdb::DataVerificationInfo;
using rocksdb::FileOptions;
using rocksdb::FSWritableFile;
using rocksdb::FSWritableFileOwnerWrapper;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

namespace {

constexpr std::uint64_t kRoomAtOnce = 4U << 20;

// RocksDB keeps of an errno its words alone.
bool passes(const IOStatus& status) {
  if (status.IsNoSpace()) return true;
  const std::string text = status.ToString();
  for (const int error : {EDQUOT, EMFILE, ENFILE}) {
    if (text.find(std::strerror(error)) != std::string::npos) return true;
  }
  return false;
}

IOStatus marked(IOStatus status) {
  if (status.ok() || !passes(status)) return status;
  IOStatus out = IOStatus::IOError(status.ToString());
  out.SetRetryable(true);
  return out;
}

class PatientFile final : public FSWritableFileOwnerWrapper {
 public:
  using FSWritableFileOwnerWrapper::FSWritableFileOwnerWrapper;
  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* context) override {
    return marked(FSWritableFileOwnerWrapper::Append(data, options, context));
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const DataVerificationInfo& info,
                  IODebugContext* context) override {
    return marked(FSWritableFileOwnerWrapper::Append(data, options, info, context));
  }
  IOStatus Flush(const IOOptions& options, IODebugContext* context) override {
    return marked(FSWritableFileOwnerWrapper::Flush(options, context));
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* context) override {
    return marked(FSWritableFileOwnerWrapper::Sync(options, context));
  }
  IOStatus Close(const IOOptions& options, IODebugContext* context) override {
    return marked(FSWritableFileOwnerWrapper::Close(options, context));
  }
};

}  // namespace

class LogFile final : public FSWritableFileOwnerWrapper {
 public:
  LogFile(std::unique_ptr<FSWritableFile>&& file, std::shared_ptr<LogRoom> room)
      : FSWritableFileOwnerWrapper(std::move(file)), room_(std::move(room)) {}
  ~LogFile() override {
    std::lock_guard lock(room_->mutex_);
    if (room_->newest_ == this) room_->newest_ = nullptr;
  }

  // Room for what is wanted now; nothing is written to it before.
  IOStatus open() {
    std::lock_guard lock(room_->mutex_);
    const auto status = make_room(room_->wanted_);
    if (status.ok()) room_->newest_ = this;
    return status;
  }

  // Under the room's lock.
  IOStatus make_room(std::uint64_t bytes) {
    const std::uint64_t end = size_ + bytes;
    if (end <= allocated_) return IOStatus::OK();
    const std::uint64_t more = std::max(kRoomAtOnce, end - allocated_);
    const auto status = Allocate(allocated_, more, IOOptions(), nullptr);
    if (status.ok()) allocated_ += more;
    return status;
  }

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* context) override {
    size_ += data.size();
    return FSWritableFileOwnerWrapper::Append(data, options, context);
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const DataVerificationInfo& info,
                  IODebugContext* context) override {
    size_ += data.size();
    return FSWritableFileOwnerWrapper::Append(data, options, info, context);
  }

 private:
  std::shared_ptr<LogRoom> room_;
  std::atomic<std::uint64_t> size_{0};
  std::uint64_t allocated_ = 0;
};

IOStatus LogRoom::make(std::uint64_t bytes) {
  constexpr std::uint64_t kFraming = 64U << 10;  // blocks of 32 KiB have headers of 7 bytes
  std::lock_guard lock(mutex_);
  wanted_ = bytes + bytes / 1024 + kFraming;
  return newest_ ? newest_->make_room(wanted_) : IOStatus::OK();
}

namespace {

class PatientFiles final : public rocksdb::FileSystemWrapper {
 public:
  PatientFiles(const std::shared_ptr<FileSystem>& below, std::shared_ptr<LogRoom> room)
      : FileSystemWrapper(below), room_(std::move(room)) {}
  const char* Name() const override { return "PatientFiles"; }

  IOStatus NewWritableFile(const std::string& name, const FileOptions& options, std::unique_ptr<FSWritableFile>* out,
                           IODebugContext* context) override {
    std::unique_ptr<FSWritableFile> file;
    auto status = target()->NewWritableFile(name, options, &file, context);
    if (!status.ok()) return marked(status);
    if (!name.ends_with(".log")) {
      *out = std::make_unique<PatientFile>(std::move(file));
      return status;
    }
    auto log = std::make_unique<LogFile>(std::move(file), room_);
    status = log->open();
    if (status.ok())
      *out = std::move(log);
    else
      target()->DeleteFile(name, IOOptions(), context).PermitUncheckedError();
    return marked(status);
  }

 private:
  std::shared_ptr<LogRoom> room_;
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> make_patient_files(const std::shared_ptr<rocksdb::FileSystem>& below,
                                                        std::shared_ptr<LogRoom> room) {
  return std::make_shared<PatientFiles>(below, std::move(room));
}

}  // namespace leat::kv
