#include "service/lambda/code_store.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>

#include "aws/lambda/types.h"
#include "base/encoding.h"
#include "engine/sandbox/package.h"
#include "service/lambda/packages_in_use.h"

namespace leat::lambda {
namespace {

namespace fs = std::filesystem;

// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
constexpr std::uint64_t kMaxUnpacked = 262144000;
constexpr std::size_t kMaxPackage = 52428800;
constexpr auto kSweepPatience = std::chrono::milliseconds(200);

aws::Error problem_with(sandbox::PackageProblem problem) {
  switch (problem) {
    case sandbox::PackageProblem::kTooLarge:
      return {&errors::kInvalidParameterValue,
              fmt::format("Unzipped size must be smaller than {} bytes", kMaxUnpacked)};
    case sandbox::PackageProblem::kBadPath:
    case sandbox::PackageProblem::kTooMany:
    case sandbox::PackageProblem::kNotAZip: break;
  }
  return {&errors::kInvalidParameterValue,
          "Could not unzip uploaded file. Please check your file, then try to upload again."};
}

std::uint64_t size_of(const fs::path& folder) {
  std::uint64_t out = 0;
  std::error_code none;
  for (const auto& entry : fs::recursive_directory_iterator(folder, none))
    out += entry.is_regular_file() ? entry.file_size() : 0;
  return out;
}

}  // namespace

struct CodeStore::State : std::enable_shared_from_this<State> {
  explicit State(CodeStoreParts given) : parts(std::move(given)), unfinished(parts.folder / "unfinished") {
    fs::remove_all(unfinished);
    fs::create_directories(unfinished);
  }

  // Of a package that somebody holds or removes.
  struct Entry {
    std::mutex work;  // one unpacks or removes it, the others wait
    std::size_t holds = 0;
  };

  CodeStoreParts parts;
  const fs::path unfinished;  // a folder that has left it is whole
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<Entry>> entries;
  std::map<std::string, std::uint64_t> sizes;
  std::set<std::string> doomed;  // of the sweep under way: seen on the disk, and not held since
  bool sweeping = false, again = false;

  CodeHold hold(const std::string& blob) {
    std::lock_guard lock(mutex);
    auto& entry = entries[blob];
    if (!entry) entry = std::make_shared<Entry>();
    ++entry->holds;
    doomed.erase(blob);
    return {entry.get(), [state = weak_from_this(), blob](const void*) {
              if (auto self = state.lock()) self->release(blob);
            }};
  }

  void release(const std::string& blob) {
    {
      std::lock_guard lock(mutex);
      const auto entry = entries.find(blob);
      if (--entry->second->holds > 0) return;
      entries.erase(entry);
    }
    sweep_later();
  }

  std::shared_ptr<Entry> entry_of(const std::string& blob) {
    std::lock_guard lock(mutex);
    return entries.at(blob);
  }

  // Of a package that is held, with its `work` locked.
  Result<void, sandbox::PackageProblem> unpack(const std::string& blob, std::string_view zip) {
    const fs::path whole = parts.folder / blob;
    if (fs::exists(whole)) return {};
    fs::remove_all(unfinished / blob);
    TRY_VOID(sandbox::unpack(zip, unfinished / blob, kMaxUnpacked));
    fs::rename(unfinished / blob, whole);
    return {};
  }

  void sweep_later() {
    std::lock_guard lock(mutex);
    again = true;
    if (std::exchange(sweeping, true)) return;
    parts.workshop.after(kSweepPatience, [state = weak_from_this()] {
      if (auto self = state.lock()) self->sweep();
    });
  }

  // A hold that is taken meanwhile saves its package: whoever makes a row has had one since before it read or wrote
  // the package. What the rows say must be durable before anything goes, or a power cut brings them back without it.
  void sweep() {
    try {
      const auto found = on_disk();
      {
        std::lock_guard lock(mutex);
        again = false;
        doomed = found;
        for (const auto& [blob, entry] : entries) doomed.erase(blob);
      }
      const auto used = packages_in_use(parts.store);
      {
        std::lock_guard lock(mutex);
        for (const auto& blob : used) doomed.erase(blob);
      }
    } catch (const std::exception& failure) {  // lint: catch — what cannot be read is not removed
      spdlog::error("cannot look for packages that nobody has: {}", failure.what());
      std::lock_guard lock(mutex);
      doomed.clear();
    }
    parts.store.durable(parts.store.last_commit(), [state = weak_from_this()] {
      const auto self = state.lock();
      if (self) self->parts.workshop.post([self] { self->remove_doomed(); });
    });
  }

  std::set<std::string> on_disk() const {
    const auto blobs = parts.blobs.names();
    std::set<std::string> out(blobs.begin(), blobs.end());
    for (const auto& entry : fs::directory_iterator(parts.folder)) {
      if (std::string name = entry.path().filename(); blob::Blobs::is_name(name)) out.insert(std::move(name));
    }
    return out;
  }

  void remove_doomed() {
    while (true) {
      std::unique_lock lock(mutex);
      if (doomed.empty()) break;
      const std::string blob = *doomed.begin();
      doomed.erase(doomed.begin());
      sizes.erase(blob);
      const auto entry = entries[blob] = std::make_shared<Entry>();
      entry->holds = 1;
      std::unique_lock work(entry->work);
      lock.unlock();
      remove(blob);
      work.unlock();
      lock.lock();
      if (--entry->holds == 0) entries.erase(blob);
    }
    std::unique_lock lock(mutex);
    sweeping = false;
    const bool asked = again;
    lock.unlock();
    if (asked) sweep_later();
  }

  // The folder loses its name first: half a folder is never found under it.
  void remove(const std::string& blob) const {
    std::error_code failed;
    fs::remove_all(unfinished / blob, failed);
    fs::rename(parts.folder / blob, unfinished / blob, failed);
    fs::remove_all(unfinished / blob, failed);
    fs::remove(parts.folder / blob, failed);
    parts.blobs.erase(blob);
  }
};

CodeStore::CodeStore(CodeStoreParts parts) : state_(std::make_shared<State>(std::move(parts))) {}

aws::Result<StoredCode> CodeStore::put(std::string_view zip) {
  if (zip.size() > kMaxPackage)
    return aws::fail(
        aws::errors::kRequestTooLarge, fmt::format("Zipped size must be smaller than {} bytes", kMaxPackage));
  const std::string digest = blob::Blobs::digest(zip);
  const std::string name = hex_encode(digest);
  StoredCode out{name, base64_encode(digest), static_cast<std::int64_t>(zip.size()), hold(name)};
  const auto entry = state_->entry_of(name);
  std::lock_guard lock(entry->work);
  if (auto unpacked = state_->unpack(name, zip); !unpacked) return std::unexpected(problem_with(unpacked.error()));
  state_->parts.blobs.put(zip);
  return out;
}

CodeHold CodeStore::hold(const std::string& blob) { return state_->hold(blob); }

std::filesystem::path CodeStore::unpacked(const std::string& blob) {
  const fs::path folder = state_->parts.folder / blob;
  const auto hold = state_->hold(blob);
  const auto entry = state_->entry_of(blob);
  std::lock_guard lock(entry->work);
  if (fs::exists(folder)) return folder;
  if (const auto zip = state_->parts.blobs.get(blob)) (void)state_->unpack(blob, *zip);
  return folder;
}

std::uint64_t CodeStore::unpacked_size(const std::string& blob) {
  {
    std::lock_guard lock(state_->mutex);
    if (const auto known = state_->sizes.find(blob); known != state_->sizes.end()) return known->second;
  }
  const auto hold = state_->hold(blob);
  const std::uint64_t size = size_of(unpacked(blob));
  std::lock_guard lock(state_->mutex);
  state_->sizes[blob] = size;
  return size;
}

void CodeStore::sweep_later() { state_->sweep_later(); }

}  // namespace leat::lambda
