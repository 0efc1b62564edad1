#pragma once
// A value on the heap that is copied with what holds it, or none: how a struct holds one of its own kind.

#include <memory>

#include "aws/shape.h"

namespace leat::aws {

template <class T>
class Box {
 public:
  Box() = default;
  Box(const Box& other) : value_(other ? std::make_unique<T>(*other) : nullptr) {}
  Box(Box&&) noexcept = default;
  Box& operator=(Box other) noexcept {
    value_ = std::move(other.value_);
    return *this;
  }

  T& emplace() { return *(value_ = std::make_unique<T>()); }
  void reset() { value_.reset(); }

  explicit operator bool() const { return value_ != nullptr; }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }

 private:
  std::unique_ptr<T> value_;
};

template <class T>
inline constexpr OptionalAccess kBox{
    [](const void* box) -> const void* {
      const auto& value = *static_cast<const Box<T>*>(box);
      return value ? &*value : nullptr;
    },
    [](void* box) -> void* { return &static_cast<Box<T>*>(box)->emplace(); },
};

}  // namespace leat::aws
