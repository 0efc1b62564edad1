#pragma once
// JSON of generated structs: the bodies of the JSON protocols, and the form in which services persist their own
// records.

#include <memory>
#include <string>
#include <string_view>

#include "aws/constraints.h"
#include "aws/shape.h"

namespace simdjson::dom {
class parser;
}

namespace leat::aws {

// A JSON document that could not become a struct, in AWS's words. Empty message: malformed JSON.
struct JsonError {
  std::string message;
};

// Reads JSON into structs. Keeps its buffers unless they are large, so one object serves a thread's requests.
class JsonReader {
 public:
  JsonReader();
  ~JsonReader();

  // Fills `object` (a struct of `shape`) from `text`. Unknown members are ignored, as AWS ignores them; what the model
  // forbids is added to `violations`. `skip` is a set of locations that do not stand in the body.
  std::optional<JsonError> read(const Shape& shape, std::string_view text, void* object, Violations& violations);

 private:
  std::optional<JsonError> parse(const Shape& shape, std::string_view text, void* object, Violations& violations);

  std::unique_ptr<simdjson::dom::parser> parser_;
};

// Appends `object` as JSON. Only members that belong in the body are written.
void append_json(const Shape& shape, const void* object, std::string& out);

// Always with a fraction or an exponent, as Java writes it: 42.0.
void append_double(std::string& out, double value);

template <class T>
std::string to_json(const T& object) {
  std::string out;
  append_json(T::kShape, &object, out);
  return out;
}

// Reads back what to_json() wrote. Throws std::runtime_error where it is damaged.
void from_json(const Shape& shape, std::string_view text, void* object);
template <class T>
T from_json(std::string_view text) {
  T object;
  from_json(T::kShape, text, &object);
  return object;
}

}  // namespace leat::aws
