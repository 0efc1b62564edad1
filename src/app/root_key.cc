#include "app/root_key.h"

#include <fmt/format.h>

#include <fstream>

#include "app/private_file.h"
#include "aws/access_key_id.h"
#include "gateway/ambient.h"

namespace leat::app {
namespace {

aws::Credential root_credential(std::string access_key, std::string secret_key) {
  const aws::Caller root = gateway::root_of("");
  aws::Credential out;
  out.access_key = std::move(access_key);
  out.secret_key = std::move(secret_key);
  out.account = root.account;
  out.arn = root.arn;
  out.principal_id = root.principal_id;
  return out;
}

}  // namespace

std::optional<aws::Credential> read_root_key(const std::filesystem::path& folder) {
  std::ifstream file(folder / kRootKeyFile);
  std::string access_key, secret_key;
  for (std::string line; std::getline(file, line);) {
    const auto equals = line.find(" = ");
    if (line.starts_with("aws_access_key_id = ")) access_key = line.substr(equals + 3);
    if (line.starts_with("aws_secret_access_key = ")) secret_key = line.substr(equals + 3);
  }
  if (access_key.empty() || secret_key.empty()) return std::nullopt;
  return root_credential(std::move(access_key), std::move(secret_key));
}

aws::Credential find_or_make_root_key(const std::filesystem::path& folder, Random& random) {
  if (auto found = read_root_key(folder)) return std::move(*found);
  aws::Credential made = root_credential(
      aws::make_access_key_id(aws::kPermanentKey, gateway::kDefaultAccount, random), random.text(40, kSecretAlphabet));
  write_private(folder / kRootKeyFile, fmt::format("[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
                                                   made.access_key, made.secret_key));
  return made;
}

}  // namespace leat::app
