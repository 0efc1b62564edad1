#pragma once
// Deployment packages: kept as blobs, unpacked once for all the workers that run them.

#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "engine/blob/blobs.h"

namespace leat::lambda {

struct StoredCode {
  std::string blob;       // its name
  std::string sha256;     // base64, as CodeSha256 shows it
  std::int64_t size = 0;  // of the package, bytes
};

class CodeStore {
 public:
  CodeStore(blob::Blobs& blobs, std::filesystem::path folder) : blobs_(blobs), folder_(std::move(folder)) {}

  // InvalidParameterValueException for what is no zip, leaves its folder, or is over 250 MB unpacked.
  aws::Result<StoredCode> put(std::string_view zip);

  // The folder with the unpacked code.
  std::filesystem::path unpacked(const std::string& blob);

  // The bytes of its files.
  std::uint64_t unpacked_size(const std::string& blob);

  std::optional<std::string> package(const std::string& blob) const { return blobs_.get(blob); }

 private:
  blob::Blobs& blobs_;
  std::filesystem::path folder_;
  std::mutex mutex_;
};

}  // namespace leat::lambda
