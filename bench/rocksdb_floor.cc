// RocksDB by itself, with leat's settings: what batches, reads and scans of leat are compared with.
//
// usage: rocksdb_floor FOLDER KEY_BYTES VALUE_BYTES COUNT [BATCH]    prints "batches N", "reads N" and "iterated N" a second
//
// Batches of 25 puts, or BATCH, are synced, by 32 threads at once, as leat's are. Reads are of 100 keys that follow each other in no
// order. All keys are there before anything is measured.

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kTime = std::chrono::seconds(4);

void check(const rocksdb::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

rocksdb::DB* open(const std::string& folder) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.write_buffer_size = 64U << 20;
  options.compression = rocksdb::kLZ4Compression;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(64U << 20);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  rocksdb::DB* db = nullptr;
  check(rocksdb::DB::Open(options, folder, &db));
  return db;
}

struct Data {
  std::size_t key_size;
  std::string value;
  std::size_t count;

  // Spread over the key space, as hashed partition keys are.
  std::string key(std::size_t i) const {
    const std::size_t spread = i * 0x9E3779B97F4A7C15ULL;
    std::string out(key_size, 'k');
    for (std::size_t k = 0; k < 8; ++k) out[key_size - 9 + k] = static_cast<char>(spread >> (8 * k));
    return out;
  }
};

template <class Work>
double rate(std::size_t threads, Work work) {
  std::atomic<std::size_t> done{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> workers;
  const auto began = Clock::now();
  for (std::size_t i = 0; i < threads; ++i) {
    workers.emplace_back([&, i] {
      for (std::size_t turn = i; !stop; turn += threads) done += work(turn);
    });
  }
  std::this_thread::sleep_for(kTime);
  stop = true;
  for (auto& each : workers) each.join();
  return static_cast<double>(done) / std::chrono::duration<double>(Clock::now() - began).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 && argc != 6) return 2;
  const std::size_t batch_size = argc == 6 ? std::strtoul(argv[5], nullptr, 10) : 25;
  const Data data{std::strtoul(argv[2], nullptr, 10), std::string(std::strtoul(argv[3], nullptr, 10), 'v'),
                  std::strtoul(argv[4], nullptr, 10)};
  const std::unique_ptr<rocksdb::DB> db(open(argv[1]));
  for (std::size_t i = 0; i < data.count; ++i) check(db->Put(rocksdb::WriteOptions(), data.key(i), data.value));

  rocksdb::WriteOptions synced;
  synced.sync = true;
  std::printf("batches %.0f\n", rate(32, [&](std::size_t turn) {
                rocksdb::WriteBatch batch;
                for (std::size_t i = 0; i < batch_size; ++i)
                  batch.Put(data.key((turn * batch_size + i) % data.count), data.value);
                check(db->Write(synced, &batch));
                return batch_size;
              }));
  std::printf("reads %.0f\n", rate(std::thread::hardware_concurrency(), [&](std::size_t turn) {
                std::string value;
                for (std::size_t i = 0; i < 100; ++i)
                  check(db->Get(rocksdb::ReadOptions(), data.key((turn * 100 + i) % data.count), &value));
                return 100;
              }));
  check(db->Flush(rocksdb::FlushOptions()));
  std::printf("iterated %.0f\n", rate(1, [&](std::size_t) {
                const std::unique_ptr<rocksdb::Iterator> each(db->NewIterator(rocksdb::ReadOptions()));
                std::size_t count = 0, bytes = 0;
                for (each->SeekToFirst(); each->Valid(); each->Next(), ++count) bytes += each->value().size();
                return bytes > 0 ? count : 0;
              }));
  return 0;
}
