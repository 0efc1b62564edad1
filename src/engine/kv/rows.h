#pragma once
// Rows that are damaged: cut short, or nothing that this version can read. Each is named and counted (base/guard.h). Who
// reads many rows passes over it; who was asked for that one alone fails with its name.

#include <concepts>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/guard.h"
#include "engine/kv/store.h"

namespace leat::kv {

class DamagedRow : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// `key` is the row's, or makes it.
template <class Key>
std::string row_name(const Key& key) {
  if constexpr (std::invocable<Key>)
    return "row " + readable_key(key());
  else
    return "row " + readable_key(key);
}

// Whether `read` could make something of a row. What the disk cannot read fails as ever.
template <class Key, class Read>
bool sound(const Key& key, Read&& read) {
  try {
    read();
    return true;
  } catch (const StoreFailure&) {  // lint: catch (not the row's fault)
    throw;
  } catch (const std::exception& damage) {  // lint: catch (the row is passed over)
    note_failure(row_name(key), damage.what());
    return false;
  }
}

// What `read` makes of the row that the cursor stands at; nothing where it is damaged.
template <class Read>
auto read_sound(const Cursor& cursor, Read&& read) -> std::optional<decltype(read(std::string_view()))> {
  std::optional<decltype(read(std::string_view()))> out;
  sound(cursor.key(), [&] { out = read(cursor.value()); });
  return out;
}

// What `read` makes of the row's value; nothing where there is no such row.
template <class Read>
auto read_row(const Store& store, std::string_view key, Read&& read)
    -> std::optional<decltype(read(std::string_view()))> {
  const auto found = store.get(key);
  if (!found.value) return std::nullopt;
  try {
    return read(std::string_view(*found.value));
  } catch (const std::exception& damage) {  // lint: catch (it gets its name)
    throw DamagedRow(row_name(key) + ": " + damage.what());
  }
}

}  // namespace leat::kv
