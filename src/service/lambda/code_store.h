#pragma once
// Deployment packages: kept as blobs, unpacked once for all the workers that run them, and removed when no function,
// version or layer has them any more.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "engine/blob/blobs.h"
#include "engine/kv/store.h"
#include "runtime/loop.h"

namespace leat::lambda {

// While it lives the package stays, also where the rows that named it are gone.
using CodeHold = std::shared_ptr<const void>;

struct StoredCode {
  std::string blob;       // its name
  std::string sha256;     // base64, as CodeSha256 shows it
  std::int64_t size = 0;  // of the package, bytes
  CodeHold hold = {};     // until a row names it
};

struct CodeStoreParts {
  kv::Store& store;
  blob::Blobs& blobs;
  std::filesystem::path folder;
  runtime::Loop& workshop;  // where what nobody has is removed
};

class CodeStore {
 public:
  explicit CodeStore(CodeStoreParts parts);

  // InvalidParameterValueException for what is no zip, leaves its folder, or is over 250 MB unpacked. Takes its time.
  aws::Result<StoredCode> put(std::string_view zip);

  CodeHold hold(const std::string& blob);

  // The folder with the unpacked code, of a package that is held.
  std::filesystem::path unpacked(const std::string& blob);

  // The bytes of its files.
  std::uint64_t unpacked_size(const std::string& blob);

  // Shortly what neither a row nor a hold names is removed. The end of a hold asks for it too.
  void sweep_later();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace leat::lambda
