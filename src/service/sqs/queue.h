#pragma once
// One queue at work: its messages in the store, in order; who waits for them.
//
// Everything that changes messages happens under the queue's lock and in one commit. Memory holds only what the store
// has too (the next number, counts, a FIFO queue's groups in flight), read at first use.

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aws/error.h"
#include "base/clock.h"
#include "base/departure.h"
#include "base/random.h"
#include "engine/kv/store.h"
#include "runtime/timers.h"
#include "service/sqs/hidden_counts.h"
#include "service/sqs/message.h"
#include "service/sqs/order.h"
#include "service/sqs/queue_observers.h"
#include "service/sqs/queue_settings.h"
#include "service/sqs/receipt_handle.h"
#include "service/sqs/rows.h"

namespace leat::sqs {

class Queue;
using QueuePtr = std::shared_ptr<Queue>;

struct QueueParts {
  kv::Store& store;
  const Clock& clock;
  Random& random;
  runtime::Timers& timers;
  std::function<QueuePtr(std::string_view arn)> find;  // a dead-letter queue
  std::shared_ptr<QueueObservers> observers;
  const std::atomic<bool>& stopping;  // nobody waits any longer
};

struct MessageCounts {
  std::int64_t visible, in_flight, delayed;
};

class Queue : public std::enable_shared_from_this<Queue> {
 public:
  Queue(QueueParts parts, QueueId id, CreateQueueRequest definition);

  const QueueId& id() const { return id_; }
  const Rows& rows() const { return rows_; }

  // Immutable; replaced as a whole.
  struct Definition {
    CreateQueueRequest stored;
    QueueSettings settings;
  };
  std::shared_ptr<const Definition> definition() const;
  void redefine(CreateQueueRequest definition);

  struct Sent {
    std::string message_id;
    std::optional<std::string> sequence_number;  // FIFO
  };
  // In order, in one commit. A duplicate of a FIFO queue is answered as the first was, also within `drafts`.
  // QueueDoesNotExist, here and below, where it was deleted meanwhile.
  aws::Result<std::vector<Sent>> send(std::vector<Draft> drafts);

  struct Reception {
    std::size_t count;
    Duration visibility_timeout;
    std::string attempt_id = {};  // ReceiveRequestAttemptId
  };
  // What can be received now, whole. OverLimit where a standard queue has too much in flight.
  aws::Result<std::vector<Message>> receive(const Reception& reception);

  // The same, but where there is nothing `done` is called later: with messages, or without at `until` or where the
  // receiver is gone (`departure` may be null): a message that nobody takes would be in flight, and count as received.
  void receive_or_wait(const Reception& reception, TimePoint until, const std::shared_ptr<Departure>& departure,
                       std::move_only_function<void(aws::Result<std::vector<Message>>)> done);

  // In one commit; what became of each. Succeeds also where the message is gone or was received again since.
  std::vector<aws::Result<void>> remove(const std::vector<std::string>& receipt_handles);

  // Seconds from now, at most 12 hours after it was received. Zero: it can be received at once.
  aws::Result<void> change_visibility(const std::string& receipt_handle, std::int64_t seconds);

  // False where `paced` and the last one was less than a minute ago.
  bool purge(bool paced);
  MessageCounts counts();

  // Messages older than the retention go; at most `count`. When the oldest of the others will.
  std::optional<TimePoint> remove_expired(std::size_t count);

  // Moves up to `count` messages that can be received to another queue, or each to the one it came from.
  std::size_t move_to(const QueuePtr& destination, std::size_t count);

  // An observer was added: from now on they are told.
  void observed();

  // All that it holds goes, in one commit with what is in `batch`.
  void erase(kv::Batch batch);
  // It takes and gives nothing any longer, and nobody waits.
  void close();

  // Answers who waits with nothing: the server stops.
  void release();

 private:
  struct Waiter {
    std::uint64_t number;
    Reception reception;
    runtime::Timers::Key timer;
    std::move_only_function<void(aws::Result<std::vector<Message>>)> done;
  };
  struct Stored {
    Placed place;
    std::int64_t first_visible;
    Message message;
    std::optional<State> state;
    std::int64_t sent_at;
  };

  aws::Result<void> check_open() const;
  void answer_waiters(const aws::Result<std::vector<Message>>& answer);
  void load();
  void commit(kv::Batch& batch);
  std::int64_t now() const { return to_millis(parts_.clock.now()); }
  std::optional<Stored> find_message(const Placed& place) const;
  // By scope and deduplication id: what is on its way to the store.
  using SentNow = std::map<std::pair<std::string, std::string>, Sent>;
  Sent stage(kv::Batch& batch, Draft& draft, std::int64_t now, SentNow& sent_now);
  void stage_message(kv::Batch& batch, Message message, const std::string& group, std::int64_t visible_at);
  aws::Result<ReceiptHandle> parse_handle(const std::string& text) const;
  aws::Result<void> stage_removal(kv::Batch& batch, const std::string& receipt_handle);
  void stage_removal(kv::Batch& batch, const Placed& place, bool received);
  std::optional<Sent> duplicate_of(const Draft& draft, std::int64_t now) const;
  aws::Result<std::vector<Message>> try_receive(const Reception& reception);
  // What one receiver is given, by their numbers too: with a visibility timeout of zero they can be received again at
  // once.
  struct Given {
    std::vector<Message> messages;
    std::set<std::uint64_t> numbers;
  };
  std::size_t take(Given& given, const Reception& reception, const QueuePtr& dead_letters);
  // ReceiveRequestAttemptId: the same messages once more, or nothing where this is a first attempt.
  std::optional<std::vector<Message>> receive_again(const Reception& reception);
  void stage_attempt(kv::Batch& batch, const Reception& reception, const std::vector<Message>& given);
  Message hand_out(kv::Batch& batch, Stored stored, Duration visibility_timeout);
  void bury(kv::Batch& batch, const Stored& stored, Queue& dead_letters);
  QueuePtr dead_letters() const;

  void changed();
  void notify();
  aws::Result<std::vector<Message>> receive_for(const Waiter& waiter);
  void serve();
  void arm();
  void give_up(std::uint64_t waiter);

  QueueParts parts_;
  const QueueId id_;
  const Rows rows_;
  const std::uint64_t digest_;
  mutable std::mutex definition_mutex_;
  std::shared_ptr<const Definition> definition_;

  std::mutex mutex_;  // of what follows
  bool closed_ = false;
  bool loaded_ = false;
  std::unique_ptr<Order> order_;
  std::uint64_t next_number_ = 0;
  std::int64_t total_ = 0;
  HiddenCounts hidden_;
  std::int64_t forgotten_period_ = 0;
  std::int64_t forgotten_attempts_ = 0;  // the period up to which
  std::int64_t purged_ = 0;

  std::mutex waiting_mutex_;  // taken before mutex_
  std::atomic<bool> awaited_{false};
  std::uint64_t next_waiter_ = 0;
  std::deque<Waiter> waiters_;
  std::optional<runtime::Timers::Key> timer_;
};

}  // namespace leat::sqs
