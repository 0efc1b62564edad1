#pragma once
// What both languages over metrics are read with.

#include <string_view>

namespace leat::cloudwatch::math {

class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

 protected:
  void skip_space() {
    while (!rest_.empty() && std::string_view(" \t\r\n").find(rest_.front()) != std::string_view::npos)
      rest_.remove_prefix(1);
  }

  bool take(std::string_view symbol) {
    skip_space();
    if (!rest_.starts_with(symbol)) return false;
    rest_.remove_prefix(symbol.size());
    return true;
  }

  std::string_view rest_;
};

}  // namespace leat::cloudwatch::math
