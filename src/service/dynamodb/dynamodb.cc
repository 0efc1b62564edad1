#include "service/dynamodb/dynamodb.h"

#include "service/dynamodb/item_codec.h"
#include "service/dynamodb/stream.h"

namespace leat::dynamodb {

const Item& StoredItem::item() const {
  if (!item_) item_ = bytes_ ? decode_item(*bytes_) : Item();
  return *item_;
}

aws::Result<std::vector<ItemWritten>> DynamoDb::write(std::span<const ItemWrite> writes) {
  while (true) {
    kv::Batch batch;
    std::vector<ItemWritten> written;
    written.reserve(writes.size());
    for (const ItemWrite& write : writes) {
      kv::Versioned found = store_.get(write.key.row);
      batch.expect(write.key.row, found.version);
      StoredItem before(std::move(found.value));
      StoredItem after(TRY(write.decide(before)));
      if (after.bytes() != before.bytes()) {
        if (after.exists())
          batch.put(write.key.row, after.bytes());
        else
          batch.erase(write.key.row);
        stage_record(batch, *write.table, {write.key, before.bytes(), after.bytes()}, clock_.now());
      }
      written.push_back({std::move(before), std::move(after)});
    }
    if (batch.puts().empty()) return written;
    if (store_.commit(batch)) return written;
  }
}

aws::Result<ItemWritten> DynamoDb::write(const ItemWrite& write) {
  auto written = TRY(this->write(std::span(&write, 1)));
  return std::move(written.front());
}

}  // namespace leat::dynamodb
