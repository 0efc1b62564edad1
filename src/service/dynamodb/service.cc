// The service as a whole: what goes on by itself, and what is remembered.
#include "aws/dynamodb/operations.h"
#include "service/dynamodb/care/history.h"
#include "service/dynamodb/care/table_copy.h"
#include "service/dynamodb/care/time_to_live.h"
#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/item/transaction_token.h"
#include "service/dynamodb/stream/stream_retention.h"
#include "service/dynamodb/stream/stream_roll.h"
#include "service/dynamodb/table/backfill.h"

namespace leat::dynamodb {

DynamoDb::DynamoDb(kv::Store& store, const Clock& clock, Random& random, schedule::Schedule& schedule,
                   Settings settings)
    : Service(kModel),
      store_(store),
      clock_(clock),
      random_(random),
      schedule_(schedule),
      tables_(store),
      throttle_(clock, settings.throttle) {}

void DynamoDb::start() {
  keep_retention(*this);
  keep_rolling(*this);
  keep_time_to_live(*this);
  keep_backfilling(*this);
  keep_history(*this);
  keep_copying(*this);
  keep_tokens(*this);
}

void DynamoDb::forget() {
  tables_.forget();
  resource_policies_.clear();
  token_removal_scheduled_ = false;
}

}  // namespace leat::dynamodb
