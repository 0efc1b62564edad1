// Damages the rows of a server that does not run.
//   damage FOLDER              the kinds of rows that are there, a line each
//   damage FOLDER KIND WAY     every row of that kind: halved, garbage, empty or foreign (JSON of something else)
//
// A kind is what tells rows apart: service and room, behind account and region, or the first text and the next.

#include <fmt/format.h>

#include <set>

#include "base/guard.h"
#include "engine/kv/key.h"
#include "engine/kv/rocksdb_store.h"

namespace {

using namespace leat;

std::string kind_of(std::string_view key) {
  const std::string first = kv::take_text(key);
  const bool of_an_account = first.empty() || (first.size() == 12 && first.find_first_not_of("0123456789") == std::string::npos);
  if (!of_an_account) return first == "schedule" ? first + "/" + kv::take_text(key) : first;
  const std::string region = kv::take_text(key);
  if (first.empty()) return "all/" + std::string(key.substr(0, 1));
  std::string kind(key.substr(0, 2));
  if (kind == "qr") {  // a queue's messages have rooms of their own
    key.remove_prefix(2);
    kv::take_text(key);
    kind += key.substr(0, 1);
  }
  return kind;
}

std::string damaged(std::string_view value, std::string_view way) {
  if (way == "halved") return std::string(value.substr(0, value.size() / 2));
  if (way == "garbage") return std::string(value.size(), '\xFF');
  if (way == "foreign") return "{}";
  return {};
}

}  // namespace

int main(int count, char** arguments) {
  const auto store = kv::open_rocksdb({.folder = arguments[1]});
  std::set<std::string> kinds;
  kv::Batch batch;
  const auto cursor = store->scan({"", std::string(8, '\xFF')}, kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    const std::string kind = kind_of(cursor->key());
    kinds.insert(kind);
    if (count == 4 && kind == arguments[2]) batch.put(cursor->key(), damaged(cursor->value(), arguments[3]));
  }
  (void)store->commit(batch);
  if (count == 2) {
    for (const auto& kind : kinds) fmt::print("{}\n", kind);
  }
}
