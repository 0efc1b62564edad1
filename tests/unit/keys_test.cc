// Access keys and what they are told by.

#include <gtest/gtest.h>

#include "aws/access_key_id.h"
#include "engine/kv/key.h"
#include "engine/kv/rocksdb_store.h"
#include "service/iam/iam.h"
#include "testing/manual_clock.h"

namespace leat {
namespace {

TEST(AccessKeyId, BearsItsMark) {
  Random random;
  for (int i = 0; i < 1000; ++i) {
    std::string id = aws::make_access_key_id(aws::kPermanentKey, "123456789012", random);
    EXPECT_EQ(id.size(), 20U);
    EXPECT_TRUE(aws::was_issued(id)) << id;
  }
  for (const char* other : {"", "AKIA", "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "000000000000", "test"})
    EXPECT_FALSE(aws::was_issued(other)) << other;
}

// Most ids that differ in one character from an issued one are nobody's.
TEST(AccessKeyId, TheMarkIsNotAnyText) {
  Random random;
  int mistaken = 0;
  for (int i = 0; i < 10000; ++i) mistaken += aws::was_issued("AKIA" + random.text(16, kBase32));
  EXPECT_LE(mistaken, 10);
}

// Keys of earlier versions bear no mark: what keeps them from being root when they are gone is their row.
TEST(AccessKeys, OneWhoseRowIsDamagedIsRefusedAndNotUnknown) {
  const auto store = kv::open_rocksdb({"/keys", kv::Durability::kOs, true});
  testing::ManualClock clock;
  Random random;
  kv::Batch batch;
  const std::string all = kv::make_key(std::string_view(), std::string_view()) + 'k';
  batch.put(all + kv::make_key("AKIAIOSFODNN7EXAMPLE"), kv::make_key("secret", "", "no number"));
  ASSERT_TRUE(store->commit(batch));
  const iam::Iam iam(*store, clock, random);
  ASSERT_TRUE(iam.find_credential("AKIAIOSFODNN7EXAMPLE"));
  EXPECT_EQ(iam.find_credential("AKIAIOSFODNN7EXAMPLE")->secret_key, "");
}

TEST(AccessKeys, OnesWithoutAMarkAreRememberedWhenTheyAreGone) {
  const auto store = kv::open_rocksdb({"/keys", kv::Durability::kOs, true});
  testing::ManualClock clock;
  Random random;
  iam::StoredKey user{
      {"AKIAIOSFODNN7EXAMPLE", "secret", "", std::nullopt, "000000000000", "arn:aws:iam::000000000000:user/u", "AIDA"}};
  iam::StoredKey session = user;
  session.access_key = "ASIAIOSFODNN7EXAMPLE";
  session.expiration = clock.now() + std::chrono::hours(1);
  {
    iam::Iam iam(*store, clock, random);
    iam.save_credential(user);
    iam.save_credential(session);
    iam.erase_credential(user.access_key);
    clock.advance(std::chrono::hours(3));
    iam::StoredKey sweeper = user;
    sweeper.access_key = iam.new_access_key_id(aws::kPermanentKey, "000000000000");
    sweeper.principal_id = "AIDB";
    iam.save_credential(sweeper);
  }
  const iam::Iam again(*store, clock, random);
  ASSERT_TRUE(again.find_credential(user.access_key));
  EXPECT_EQ(again.find_credential(user.access_key)->secret_key, "");
  EXPECT_TRUE(again.keys_of("AIDA").size() == 1) << "the session; the key is nobody's";
  EXPECT_TRUE(again.find_credential(session.access_key));
}

}  // namespace
}  // namespace leat
