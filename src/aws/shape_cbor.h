#pragma once
// CBOR of generated structs: the bodies of the CBOR protocols. https://www.rfc-editor.org/rfc/rfc8949

#include <optional>
#include <string>
#include <string_view>

#include "aws/constraints.h"
#include "aws/shape.h"

namespace leat::aws {

// How timestamps count: the protocol of the Smithy SDKs in seconds, that of the older Java SDK in milliseconds.
enum class CborTime : std::uint8_t { kSeconds, kMilliseconds };

// Fills `object` (a struct of `shape`) from `bytes`; as JsonReader does. An error message where they are no such CBOR.
std::optional<std::string> read_cbor(const Shape& shape, std::string_view bytes, void* object, CborTime time,
                                     Violations& violations);

void append_cbor(const Shape& shape, const void* object, CborTime time, std::string& out);

// A text, for bodies that no shape describes.
void append_cbor_text(std::string& out, std::string_view text);
void append_cbor_map(std::string& out, std::size_t entries);

}  // namespace leat::aws
