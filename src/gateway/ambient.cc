#include "gateway/ambient.h"

#include <fmt/format.h>

#include <algorithm>

namespace leat::gateway {
namespace {

bool is_account(std::string_view key) {
  return key.size() == 12 && std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

aws::Caller root_of(std::string_view access_key) {
  aws::Caller caller;
  caller.account = is_account(access_key) ? access_key : kDefaultAccount;
  caller.arn = fmt::format("arn:aws:iam::{}:root", caller.account);
  caller.principal_id = caller.account;
  return caller;
}

std::optional<aws::Caller> AmbientAuthority::caller(const runtime::HttpRequest& request,
                                                    std::string_view access_key) const {
  if (request.door != 0) return doors_(request.door);
  if (unknown_keys_ == UnknownKeys::kRefused || pages_.foreign(request)) return std::nullopt;
  return root_of(access_key);
}

}  // namespace leat::gateway
