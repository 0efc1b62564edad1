#include "aws/document.h"

#include <simdjson.h>

namespace leat::aws {

const CustomAccess Document::kJson{
    [](const void* element, void* value) {
      static_cast<Document*>(value)->json = simdjson::minify(*static_cast<const simdjson::dom::element*>(element));
      return std::string();
    },
    [](const void* value, std::string& out) { out += static_cast<const Document*>(value)->json; },
};

}  // namespace leat::aws
