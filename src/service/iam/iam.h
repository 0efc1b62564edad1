#pragma once
// The IAM service: roles, users, policies and the access keys that belong to them.
//
//   home   := text(account) text("") 'm'                         IAM has no regions
//   role   := home 'r' text(name)                                Role, JSON
//   inline := home 'i' text(role) text(policy)                   GetRolePolicyResponse, JSON; of a user: home 'I'
//   attach := home 'a' text(role) text(policy ARN)               AttachedPolicy, JSON; of a user: home 'A'
//   policy := home 'p' text(name)                                Policy, JSON;  home 'v' text(name): its document
//   user   := home 'u' text(name)                                User, JSON
//   group  := home 'g' text(name)                                Group, JSON; its policies: home 'j', home 'b'
//   member := home 'h' text(group) text(user)                    the user's name
//             home 'H' text(user) text(group)                    the group's name
//   key    := text("") text("") 'k' text(access key)             text(secret) text(token) text(expiry) text(account)
//                                                                 text(ARN) text(principal) text(status) text(created)
//                                                                 session (session.h)

#include <algorithm>
#include <charconv>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "aws/caller.h"
#include "aws/iam/types.h"
#include "aws/service.h"
#include "aws/shape_json.h"
#include "base/clock.h"
#include "base/random.h"
#include "engine/kv/rows.h"
#include "engine/kv/store.h"
#include "service/iam/session.h"

namespace leat::iam {

struct Standing;

struct StoredKey : aws::Credential {
  bool active = true;
  TimePoint created = {};
  std::shared_ptr<const Session> session = nullptr;  // of temporary keys alone
};

class Iam final : public aws::Service, public aws::CredentialSource {
 public:
  Iam(kv::Store& store, const Clock& clock, Random& random);

  kv::Store& store() { return store_; }
  const kv::Store& store() const { return store_; }
  const Clock& clock() const { return clock_; }
  Random& random() { return random_; }

  std::optional<aws::Credential> find_credential(std::string_view access_key) const override;
  std::optional<StoredKey> find_key(std::string_view access_key) const;
  std::vector<StoredKey> keys_of(std::string_view principal_id) const;
  void save_credential(const StoredKey& key);
  // The key is refused for ever. One made before keys were marked (aws/access_key_id.h) keeps a row for that.
  void erase_credential(const std::string& access_key);
  std::string new_access_key_id(std::string_view prefix, std::string_view account);

  // NoSuchEntity where there is none.
  aws::Result<Role> role(std::string_view account, std::string_view name) const;
  aws::Result<User> user(std::string_view account, std::string_view name) const;
  aws::Result<Group> group(std::string_view account, std::string_view name) const;

  // What requests need of a key that is in force; its session is null for a user's. nullopt where it is inactive.
  std::optional<std::shared_ptr<const Session>> session_of(const std::string& access_key) const;

  // New temporary credentials of a role, good for `duration`.
  aws::Credential assume(const Role& role, std::string_view name, std::chrono::seconds duration,
                         const Session& session = {});

  template <class T>
  std::optional<T> load(std::string_view row) const {
    return kv::read_row(store_, row, &aws::from_json<T>);
  }
  template <class T>
  std::vector<T> list(std::string_view prefix) const {
    std::vector<T> out;
    const auto cursor = store_.scan(kv::prefix_range(prefix), kv::Direction::kForward);
    for (; cursor->valid(); cursor->next())
      kv::sound(cursor->key(), [&] { out.push_back(aws::from_json<T>(cursor->value())); });
    return out;
  }
  // Values that are names.
  std::vector<std::string> texts(std::string_view prefix) const;
  template <class T>
  void save(std::string_view row, const T& record) {
    kv::Batch batch;
    batch.put(row, aws::to_json(record));
    commit(batch);
  }
  void erase(std::string_view row);
  void commit(const kv::Batch& batch);

  void forget() override;
  std::vector<std::string> resources(const aws::Authorization& asked, std::string_view pattern) const override;
  aws::RequestedActions requested_actions(const aws::Authorization& asked) override;

  // Who has that ARN, and their policies: made by `load` where IAM has changed since they were.
  using StandingPtr = std::shared_ptr<const Standing>;
  StandingPtr standing(const std::string& arn, const std::function<StandingPtr()>& load) const;

  // AROA…, AIDA…, ANPA…
  std::string new_id(std::string_view prefix) { return std::string(prefix) + random_.text(17, kUpperAlphanumeric); }

 private:
  kv::Store& store_;
  const Clock& clock_;
  Random& random_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, StoredKey> credentials_;
  mutable std::shared_mutex standings_mutex_;
  mutable std::unordered_map<std::string, StandingPtr> standings_;
  std::uint64_t changes_ = 0;
};

// The part of `all` that MaxItems and Marker ask for. Marker is how many entries came before.
template <class Input, class Output, class T>
std::vector<T> page(const Input& input, std::vector<T> all, Output& output) {
  constexpr std::int32_t kDefaultItems = 100;
  std::size_t begin = 0;
  if (input.marker) std::from_chars(input.marker->data(), input.marker->data() + input.marker->size(), begin);
  begin = std::min(begin, all.size());
  const std::size_t end =
      std::min(all.size(), begin + static_cast<std::size_t>(input.max_items.value_or(kDefaultItems)));
  output.is_truncated = end < all.size();
  if (end < all.size()) output.marker = std::to_string(end);
  return {std::make_move_iterator(all.begin() + static_cast<std::ptrdiff_t>(begin)),
          std::make_move_iterator(all.begin() + static_cast<std::ptrdiff_t>(end))};
}

std::string home(std::string_view account, char room);
std::string row(std::string_view account, char room, std::string_view name);
std::string row(std::string_view account, char room, std::string_view first, std::string_view second);

// "/" and "/service-role/" are paths; the ARN of role /a/b is role/a/b.
std::string arn(std::string_view account, std::string_view kind, std::string_view path, std::string_view name);

// MalformedPolicyDocument where AWS would not take it.
aws::Result<void> check_policy_document(std::string_view document, aws::PolicyKind kind);

}  // namespace leat::iam
