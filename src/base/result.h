#pragma once
// Result<T, E> and TRY: expected failures are values, in one channel.

#include <expected>
#include <utility>

namespace leat {

template <class T, class E>
using Result = std::expected<T, E>;

}  // namespace leat

// Evaluates to the value of `expression`, or returns its error from the enclosing function.
// The statement expression is supported by both compilers that leat builds with.
#define TRY(expression)                                                       \
  ({                                                                          \
    auto try_result_ = (expression);                                          \
    if (!try_result_) return std::unexpected(std::move(try_result_).error()); \
    std::move(*try_result_);                                                  \
  })

// The same for a Result<void, E>.
#define TRY_VOID(expression)                                                  \
  do {                                                                        \
    auto try_result_ = (expression);                                          \
    if (!try_result_) return std::unexpected(std::move(try_result_).error()); \
  } while (false)
