#include "service/sqs/rows.h"

#include "aws/arn.h"

namespace leat::sqs {
namespace {

std::string home(std::string_view account, std::string_view region, char room) {
  return kv::home_key(account, region, 'q', room);
}

}  // namespace

std::string QueueId::arn() const { return aws::make_arn("sqs", region, account, name); }

std::string State::encode() const {
  std::string out;
  kv::append_u64(out, static_cast<std::uint64_t>(visible_at));
  kv::append_u32(out, receives);
  kv::append_u64(out, static_cast<std::uint64_t>(first_received));
  kv::append_u64(out, static_cast<std::uint64_t>(received));
  return out + group;
}

State State::decode(std::string_view bytes) {
  State out;
  out.visible_at = static_cast<std::int64_t>(kv::read_u64(bytes));
  for (char c : bytes.substr(8, 4)) out.receives = out.receives << 8 | static_cast<unsigned char>(c);
  out.first_received = static_cast<std::int64_t>(kv::read_u64(bytes.substr(12)));
  out.received = static_cast<std::int64_t>(kv::read_u64(bytes.substr(20)));
  out.group = bytes.substr(28);
  return out;
}

std::string queue_row(std::string_view account, std::string_view region, std::string_view name) {
  return home(account, region, 'q') + (name.empty() ? std::string() : kv::make_key(name));
}
std::string tasks_prefix(const QueueId& id) { return home(id.account, id.region, 't') + kv::make_key(id.name); }
std::string task_row(const QueueId& id, std::int64_t started) {
  std::string key = tasks_prefix(id);
  kv::append_u64(key, static_cast<std::uint64_t>(started));
  return key;
}

Rows::Rows(const QueueId& id) : room_(home(id.account, id.region, 'r') + kv::make_key(id.name)) {}

std::string Rows::numbered(char kind, std::uint64_t number) const {
  std::string key = room_ + kind;
  kv::append_u64(key, number);
  return key;
}

std::string Rows::visible(std::int64_t time, std::uint64_t number) const {
  std::string key = room_ + 'v';
  kv::append_u64(key, static_cast<std::uint64_t>(time));
  kv::append_u64(key, number);
  return key;
}

std::string Rows::member(std::string_view group, std::uint64_t number) const {
  std::string key = members(group);
  kv::append_u64(key, number);
  return key;
}

std::string Rows::sent_before(std::int64_t period) const {
  return numbered('d', static_cast<std::uint64_t>(period));
}

std::string Rows::sent(std::int64_t period, std::string_view scope, std::string_view id) const {
  return sent_before(period) + kv::make_key(scope, id);
}

std::string Rows::attempts_before(std::int64_t period) const {
  return numbered('a', static_cast<std::uint64_t>(period));
}

std::string Rows::attempt(std::int64_t period, std::string_view id) const {
  return attempts_before(period) + kv::make_key(id);
}

}  // namespace leat::sqs
