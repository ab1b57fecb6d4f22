// SHA-256 against the examples of FIPS 180-4 (NIST's "SHA256.pdf" and the long message of a million `a`).
#include "schema/base/hash.h"

#include <gtest/gtest.h>

#include <set>

#include "schema/base/file.h"
#include "tests/base/temporary_directory.h"

namespace tripled {
namespace {

constexpr const char* of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr const char* of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* of_million_a = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Sha256, ExamplesOfTheStandard) {
  EXPECT_EQ(sha256_hex(""), of_nothing);
  EXPECT_EQ(sha256_hex("abc"), of_abc);
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopq"
                       "klmnopqrlmnopqrsmnopqrstnopqrstu"),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')), of_million_a);
  EXPECT_EQ(sha256_hex(std::string_view("\0", 1)),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

TEST(Sha256, PiecesHashLikeTheWhole) {
  const std::string text(1'000'000, 'a');
  Sha256 hash;
  for (std::size_t at = 0, step = 1; at < text.size(); at += step, step = step * 3 % 977 + 1)
    hash.update(std::string_view(text).substr(at, step));
  EXPECT_EQ(hash.hex(), of_million_a);
}

TEST(Sha256, FieldsKeepTheirBorders) {
  auto of = [](std::initializer_list<std::string_view> fields) {
    Sha256 hash;
    for (auto f : fields) hash.field(f);
    return hash.hex();
  };
  const std::set<std::string> all{of({"ab", "c"}), of({"a", "bc"}), of({"abc"}), of({"abc", ""}),
                                  of({"", "abc"}), of({"1:a"}),     of({"a"}),   of({})};
  EXPECT_EQ(all.size(), 8u);
  EXPECT_EQ(of({"ab", "c"}), of({"ab", "c"}));
}

TEST(Sha256, OfAFileIsThatOfItsBytes) {
  test::TemporaryDirectory dir;
  ASSERT_TRUE(write_file_atomically(dir.path() / "empty", ""));
  ASSERT_TRUE(write_file_atomically(dir.path() / "a", std::string(1'000'000, 'a')));
  EXPECT_EQ(sha256_file(dir.path() / "empty").value(), of_nothing);
  EXPECT_EQ(sha256_file(dir.path() / "a").value(), of_million_a);
}

TEST(Sha256, OfWhatCannotBeReadIsAnErrorThatNamesIt) {
  test::TemporaryDirectory dir;
  for (const auto& path : {dir.path() / "missing", dir.path()}) {
    auto hash = sha256_file(path);
    ASSERT_FALSE(hash) << path;
    EXPECT_EQ(hash.error().kind(), ErrorKind::io);
    EXPECT_NE(hash.error().message().find(path.string()), std::string::npos) << hash.error().message();
  }
}

TEST(RandomHex, Is128BitsAndNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    auto text = random_hex();
    EXPECT_EQ(text.size(), 32u);
    EXPECT_EQ(text.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_TRUE(seen.insert(text).second);
  }
}

}  // namespace
}  // namespace tripled
