#include "service/lambda/packages_in_use.h"

#include <algorithm>

#include "aws/shape_json.h"
#include "base/encoding.h"
#include "engine/kv/key.h"
#include "service/lambda/function.h"
#include "service/lambda/layer.h"

namespace leat::lambda {
namespace {

template <class Visit>
void each_value(const kv::Store& store, const std::string& prefix, Visit visit) {
  const auto cursor = store.scan(kv::prefix_range(prefix), kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) visit(cursor->value());
}

// Of an account in a region.
void add_home(const kv::Store& store, std::string_view account, std::string_view region, std::set<std::string>& out) {
  for (const char room : {'f', 'v'}) {
    each_value(store, home_key(account, region, room), [&](std::string_view row) {
      const auto configuration = aws::from_json<FunctionConfiguration>(row);
      out.insert(code_blob(configuration));
      for (auto& layer : layer_blobs(store, configuration)) out.insert(std::move(layer));
    });
  }
  each_value(store, home_key(account, region, 'h'), [&](std::string_view row) {
    const auto layer = aws::from_json<GetLayerVersionResponse>(row);
    out.insert(hex_encode(base64_decode(*layer.content->code_sha256).value_or("")));
  });
}

}  // namespace

std::set<std::string> packages_in_use(const kv::Store& store) {
  std::set<std::string> out;
  std::string at;
  while (true) {
    const auto cursor = store.scan({at, std::string(8, '\xFF')}, kv::Direction::kForward);
    if (!cursor->valid()) return out;
    std::string_view key = cursor->key();
    std::string next = std::string(key) + '\0';
    const std::string account = kv::take_text(key);
    const std::string region = kv::take_text(key);
    add_home(store, account, region, out);
    at = std::max(std::move(next), kv::prefix_range(kv::make_key(account, region)).end);
  }
}

}  // namespace leat::lambda
