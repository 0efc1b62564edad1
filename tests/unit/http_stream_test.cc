#include "runtime/http_stream.h"

#include <gtest/gtest.h>

#include <ctime>

namespace leat::runtime {
namespace {

TEST(HttpStream, GivesWhatWasWrittenInOrder) {
  HttpStream stream;
  std::string out;
  stream.write("abcdefgh");
  out += stream.take(3).bytes;
  stream.write("ij");
  out += stream.take(3).bytes;
  stream.end();
  for (HttpStream::Piece piece; !piece.last;) {
    piece = stream.take(3);
    out += piece.bytes;
  }
  EXPECT_EQ(out, "abcdefghij");
  EXPECT_TRUE(stream.closed());
}

// Each piece moved all that was left: 194 MB took eleven seconds.
TEST(HttpStream, LongOnesAreTakenInLinearTime) {
  constexpr std::size_t kSize = 64U << 20, kPiece = 16U << 10;
  HttpStream stream;
  stream.write(std::string(kSize, 'x'));
  stream.end();
  const std::clock_t began = std::clock();
  std::size_t taken = 0;
  for (HttpStream::Piece piece; !piece.last; taken += piece.bytes.size()) piece = stream.take(kPiece);
  EXPECT_EQ(taken, kSize);
  EXPECT_LT(std::clock() - began, 2 * CLOCKS_PER_SEC);
}

TEST(HttpStream, SaysWhenItsReaderHasCaughtUp) {
  constexpr std::size_t kPiece = 64U << 10;
  int called = 0;
  const auto room = [&] { ++called; };
  HttpStream stream;
  stream.write(std::string(1U << 20, 'x'));
  EXPECT_FALSE(stream.full(room));
  stream.write("x");
  EXPECT_TRUE(stream.full(room));
  stream.take(kPiece);
  EXPECT_EQ(called, 0);
  for (int i = 0; i < 16; ++i) stream.take(kPiece);
  EXPECT_EQ(called, 1);
}

TEST(HttpStream, KeepsNobodyWaitingWhenItCloses) {
  int called = 0;
  {
    HttpStream stream;
    stream.write(std::string(2U << 20, 'x'));
    EXPECT_TRUE(stream.full([&] { ++called; }));
    stream.close();
    EXPECT_FALSE(stream.full([&] { ++called; }));
  }
  EXPECT_EQ(called, 1);
}

}  // namespace
}  // namespace leat::runtime
