#pragma once
// Structs from XML. Elements are known by their names alone, whatever their namespaces; what no member is called is passed
// over. A document with a DOCTYPE is none: nothing in it can be declared or fetched.

#include <string_view>

#include "aws/constraints.h"
#include "aws/shape.h"

namespace leat::wire {

// Fills `object` (a struct of `shape`) from the document's element, which must be called `root` unless that is empty.
// What the model forbids is added to `violations`. False where it cannot be read.
bool read_xml(const aws::Shape& shape, std::string_view root, std::string_view text, void* object,
              aws::Violations& violations);

}  // namespace leat::wire
