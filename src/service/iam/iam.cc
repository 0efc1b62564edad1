#include "service/iam/iam.h"

#include <fmt/format.h>

#include "aws/access_key_id.h"
#include "aws/iam/operations.h"
#include "engine/kv/key.h"
#include "engine/kv/rows.h"

namespace leat::iam {
namespace {

std::string key_prefix() {
  std::string key = kv::make_key(std::string_view(), std::string_view());
  key += 'k';
  return key;
}

std::string encode(const StoredKey& key) {
  const std::string expiry = key.expiration ? std::to_string(to_millis(*key.expiration)) : "";
  return kv::make_key(key.secret_key, key.session_token, expiry, key.account, key.arn, key.principal_id,
                      key.active ? "Active" : "Inactive", std::to_string(to_millis(key.created))) +
         (key.session ? encode(*key.session) : std::string());
}

std::shared_ptr<const Session> session_in(std::string_view row, TimePoint issued) {
  Session out = decode_session(row);
  out.issued = issued;
  return std::make_shared<const Session>(std::move(out));
}

StoredKey decode(std::string_view key, std::string_view value) {
  StoredKey out;
  key.remove_prefix(key_prefix().size());
  out.access_key = kv::take_text(key);
  out.secret_key = kv::take_text(value);
  out.session_token = kv::take_text(value);
  if (const std::string expiry = kv::take_text(value); !expiry.empty())
    out.expiration = from_millis(std::stoll(expiry));
  out.account = kv::take_text(value);
  out.arn = kv::take_text(value);
  out.principal_id = kv::take_text(value);
  if (!value.empty()) {
    out.active = kv::take_text(value) != "Inactive";
    out.created = from_millis(std::stoll(kv::take_text(value)));
  }
  if (out.expiration) out.session = session_in(value, out.created);
  return out;
}

}  // namespace

std::string home(std::string_view account, char room) {
  return kv::home_key(account, std::string_view(), 'm', room);
}

std::string row(std::string_view account, char room, std::string_view name) {
  return home(account, room) + kv::make_key(name);
}

std::string row(std::string_view account, char room, std::string_view first, std::string_view second) {
  return home(account, room) + kv::make_key(first, second);
}

std::string arn(std::string_view account, std::string_view kind, std::string_view path, std::string_view name) {
  return fmt::format("arn:aws:iam::{}:{}{}{}", account, kind, path, name);
}

Iam::Iam(kv::Store& store, const Clock& clock, Random& random)
    : Service(kModel), store_(store), clock_(clock), random_(random) {
  const auto cursor = store_.scan(kv::prefix_range(key_prefix()), kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    // One that is damaged is refused, as those are that are gone: it was issued, and is nobody else's.
    StoredKey credential;
    std::string_view key = cursor->key().substr(key_prefix().size());
    credential.access_key = kv::take_text(key);
    kv::sound(cursor->key(), [&] { credential = decode(cursor->key(), cursor->value()); });
    credentials_.insert_or_assign(credential.access_key, std::move(credential));
  }
}

std::optional<aws::Credential> Iam::find_credential(std::string_view access_key) const {
  auto found = find_key(access_key);
  if (found && !found->active) found->secret_key.clear();
  return found;
}

std::optional<StoredKey> Iam::find_key(std::string_view access_key) const {
  std::shared_lock lock(mutex_);
  const auto found = credentials_.find(std::string(access_key));
  if (found == credentials_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::shared_ptr<const Session>> Iam::session_of(const std::string& access_key) const {
  std::shared_lock lock(mutex_);
  const auto found = credentials_.find(access_key);
  if (found == credentials_.end()) return std::shared_ptr<const Session>();  // it acts for somebody by other means
  if (!found->second.active) return std::nullopt;
  return found->second.session;
}

void Iam::forget() {
  commit({});
  std::unique_lock lock(mutex_);
  credentials_.clear();
}

std::vector<StoredKey> Iam::keys_of(std::string_view principal_id) const {
  std::shared_lock lock(mutex_);
  std::vector<StoredKey> out;
  for (const auto& [key, credential] : credentials_) {
    if (credential.principal_id == principal_id) out.push_back(credential);
  }
  return out;
}

void Iam::save_credential(const StoredKey& credential) {
  kv::Batch batch;
  batch.put(key_prefix() + kv::make_key(credential.access_key), encode(credential));
  std::unique_lock lock(mutex_);
  // Expired sessions are dropped when a new one comes, so neither memory nor disk keeps them.
  for (auto each = credentials_.begin(); each != credentials_.end();) {
    if (each->second.expiration && *each->second.expiration < clock_.now() - std::chrono::hours(1) &&
        aws::was_issued(each->first)) {
      batch.erase(key_prefix() + kv::make_key(each->first));
      each = credentials_.erase(each);
    } else {
      ++each;
    }
  }
  (void)store_.commit(batch);
  credentials_[credential.access_key] = credential;
}

void Iam::erase_credential(const std::string& access_key) {
  if (!aws::was_issued(access_key)) {
    StoredKey refused;
    refused.access_key = access_key;
    return save_credential(refused);
  }
  kv::Batch batch;
  batch.erase(key_prefix() + kv::make_key(access_key));
  std::unique_lock lock(mutex_);
  (void)store_.commit(batch);
  credentials_.erase(access_key);
}

std::string Iam::new_access_key_id(std::string_view prefix, std::string_view account) {
  while (true) {
    std::string id = aws::make_access_key_id(prefix, account, random_);
    if (!find_credential(id)) return id;
  }
}

void Iam::erase(std::string_view row) {
  kv::Batch batch;
  batch.erase(row);
  commit(batch);
}

void Iam::commit(const kv::Batch& batch) {
  (void)store_.commit(batch);
  std::unique_lock lock(standings_mutex_);
  standings_.clear();
  ++changes_;
}

Iam::StandingPtr Iam::standing(const std::string& arn, const std::function<StandingPtr()>& load) const {
  std::uint64_t changes = 0;
  {
    std::shared_lock lock(standings_mutex_);
    const auto found = standings_.find(arn);
    if (found != standings_.end()) return found->second;
    changes = changes_;
  }
  StandingPtr made = load();
  std::unique_lock lock(standings_mutex_);
  constexpr std::size_t kMostKept = 10000;  // sessions come and go
  if (standings_.size() >= kMostKept) standings_.clear();
  if (changes == changes_) standings_[arn] = made;
  return made;
}

aws::Result<Role> Iam::role(std::string_view account, std::string_view name) const {
  auto found = load<Role>(row(account, 'r', name));
  if (found) return std::move(*found);
  return aws::fail(errors::kNoSuchEntity, fmt::format("The role with name {} cannot be found.", name));
}

aws::Result<User> Iam::user(std::string_view account, std::string_view name) const {
  auto found = load<User>(row(account, 'u', name));
  if (found) return std::move(*found);
  return aws::fail(errors::kNoSuchEntity, fmt::format("The user with name {} cannot be found.", name));
}

aws::Result<Group> Iam::group(std::string_view account, std::string_view name) const {
  auto found = load<Group>(row(account, 'g', name));
  if (found) return std::move(*found);
  return aws::fail(errors::kNoSuchEntity, fmt::format("The group with name {} cannot be found.", name));
}

std::vector<std::string> Iam::texts(std::string_view prefix) const {
  std::vector<std::string> out;
  const auto cursor = store_.scan(kv::prefix_range(prefix), kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) out.emplace_back(cursor->value());
  return out;
}

aws::Credential Iam::assume(const Role& role, std::string_view name, std::chrono::seconds duration,
                            const Session& session) {
  StoredKey out;
  const std::string_view text = role.arn;  // arn:aws:iam::ACCOUNT:role/…
  out.account = text.substr(13, 12);
  out.access_key = new_access_key_id(aws::kTemporaryKey, out.account);
  out.secret_key = random_.text(40, kSecretAlphabet);
  out.session_token = random_.text(356, kSecretAlphabet);
  out.expiration = std::chrono::floor<std::chrono::seconds>(clock_.now()) + duration;
  out.arn = fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", out.account, role.role_name, name);
  out.principal_id = fmt::format("{}:{}", role.role_id, name);
  out.created = clock_.now();
  out.session = session_in(encode(session), out.created);
  save_credential(out);
  return out;
}

aws::Result<void> check_policy_document(std::string_view document, aws::PolicyKind kind) {
  if (const auto problem = aws::policy_problem(document, kind))
    return aws::fail(errors::kMalformedPolicyDocument, *problem);
  return {};
}

}  // namespace leat::iam
