#pragma once
// Who is told when messages of a queue may have become receivable. They belong to the queue's ARN: a queue that is
// deleted and made again has the same ones.

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace leat::sqs {

class QueueObservers {
 public:
  using Observer = std::function<void()>;

  // For as long as what is returned lives.
  std::shared_ptr<void> add(Observer changed) {
    auto observer = std::make_shared<Observer>(std::move(changed));
    std::lock_guard lock(mutex_);
    std::erase_if(observers_, [](const auto& each) { return each.expired(); });
    observers_.push_back(observer);
    return observer;
  }

  std::vector<std::shared_ptr<Observer>> living() const {
    std::vector<std::shared_ptr<Observer>> out;
    std::lock_guard lock(mutex_);
    for (const auto& each : observers_) {
      if (auto observer = each.lock()) out.push_back(std::move(observer));
    }
    return out;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::weak_ptr<Observer>> observers_;
};

}  // namespace leat::sqs
