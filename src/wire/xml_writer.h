#pragma once
// XML as it is written: by name, from the outside in.

#include <string>
#include <string_view>

#include "aws/shape.h"

namespace leat::wire {

class XmlWriter {
 public:
  explicit XmlWriter(std::string& out) : out_(out) {}

  void declaration() { out_ += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"; }

  // Between open() and what stands inside: its attributes.
  void open(std::string_view name);
  void attribute(std::string_view name, std::string_view value);
  void close(std::string_view name);

  void text(std::string_view text);
  void element(std::string_view name, std::string_view text);

  // A value's members, elements or text, without an element around them.
  void inner(const aws::Shape& shape, const void* value);
  void element(std::string_view name, const aws::Shape& shape, const void* value);

 private:
  void finish_tag();
  void escape(std::string_view text, bool attribute);
  void structure(const aws::Shape& shape, const void* object);
  void list(const aws::Shape& shape, std::string_view name, const void* list);
  void entry(const aws::Shape& shape, std::string_view name, const std::string& key, const void* value);
  void map(const aws::Shape& shape, std::string_view name, const void* map);

  std::string& out_;
  bool in_tag_ = false;
};

}  // namespace leat::wire
