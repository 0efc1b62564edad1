#pragma once
// No exception ends the process: what a thread runs, it runs under a guard, which says what failed, counts it and goes on.

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace leat {

// Says what failed while `doing` something, and counts it.
void note_failure(std::string_view doing, std::string_view what) noexcept;

// How often that was, since the start.
std::uint64_t failures_noted();

// Whether `task` came to its end.
template <class Task>
bool guarded(std::string_view doing, Task&& task) noexcept {
  try {
    std::forward<Task>(task)();
    return true;
  } catch (const std::exception& failure) {  // lint: catch (the guard)
    note_failure(doing, failure.what());
  } catch (...) {  // lint: catch (the guard)
    note_failure(doing, "an exception of no known kind");
  }
  return false;
}

// A key of the store as people read it: what cannot be printed as \xNN, the ends of texts as '/'.
std::string readable_key(std::string_view key);

}  // namespace leat
