// Properties over many generated matrices, from fixed seeds: the same input gives the same plan, ids are
// unique, and the product has the size that its axes say.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "tests/config/support.h"

namespace tripled::config {
namespace {

struct Generated {
  std::string yaml;
  std::size_t cells = 0;
};

Generated generate(unsigned seed) {
  std::mt19937 random(seed);
  auto below = [&](unsigned n) { return static_cast<std::size_t>(random() % n); };
  auto triples = testing::facts().triples;
  std::shuffle(triples.begin(), triples.end(), random);
  auto count = 1 + below(static_cast<unsigned>(triples.size()));
  Generated out;
  out.yaml = "tripled: 1\naxes:\n  triple: [";
  for (std::size_t i = 0; i < count; ++i) out.yaml += (i ? ", " : "") + triples[i].triple;
  out.yaml += "]\n";
  out.cells = count;
  for (std::size_t axis = 0, axes = below(4); axis < axes; ++axis) {
    auto values = 1 + below(3);
    out.yaml += "  axis" + std::to_string(axis) + ": {";
    for (std::size_t v = 0; v < values; ++v)
      out.yaml += (v ? ", " : "") + ("v" + std::to_string(v)) + ": {env: {A" + std::to_string(axis) + ": " +
                  std::to_string(v) + "}}";
    out.yaml += "}\n";
    out.cells *= values;
  }
  out.yaml +=
      "rules:\n  - {match: cfg(unix) or not cfg(unix), timeout: " + std::to_string(1 + below(9)) + "m}\n";
  return out;
}

TEST(Property, ExpansionIsDeterministicAndComplete) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    auto input = generate(seed);
    auto first = testing::plan(input.yaml), second = testing::plan(input.yaml);
    ASSERT_TRUE(first) << testing::error_of(first) << "\n" << input.yaml;
    ASSERT_TRUE(second);
    EXPECT_EQ(testing::json_of(*first), testing::json_of(*second)) << input.yaml;
    EXPECT_EQ(first->cells.size(), input.cells) << input.yaml;
    std::set<std::string> ids;
    for (const auto& cell : first->cells) ids.insert(cell.id);
    EXPECT_EQ(ids.size(), first->cells.size()) << input.yaml;
  }
}

TEST(Property, NarrowingToAnIdGivesThatCell) {
  for (unsigned seed = 0; seed < 30; ++seed) {
    auto input = generate(seed);
    auto whole = testing::plan(input.yaml);
    ASSERT_TRUE(whole);
    const auto& wanted = whole->cells[seed % whole->cells.size()];
    ExpandOptions options;
    options.narrowing.cells = std::set<std::string>{wanted.id};
    auto narrowed = testing::plan(input.yaml, options);
    ASSERT_TRUE(narrowed) << testing::error_of(narrowed);
    ASSERT_EQ(narrowed->cells.size(), 1u);
    EXPECT_EQ(testing::json_of(narrowed->cells[0]), testing::json_of(wanted));
  }
}

// Every prefix and every one-byte change of a matrix is read or refused, with a message that has a place.
TEST(Property, DamagedTextIsRefusedWithAPlace) {
  const std::string text =
      "tripled: 1\naxes:\n  triple: [i686-unknown-linux-gnu]\n  v: {a: {scope: -p x, where: 'cfg(unix)'}}\n"
      "exclude: [{when: 'v = a', reason: r}]\nrules: [{match: emulated, env: {A: 1}, optional: true}]\n";
  std::mt19937 random(7);
  for (std::size_t i = 0; i <= text.size(); ++i) {
    std::string changed = text;
    if (i < text.size()) changed[i] = "{}[]:,'\"\n\t #&*-x\0\xff"[random() % 18];
    for (const auto& input : {text.substr(0, i), changed}) {
      auto matrix = parse_matrix(input, "m.yaml");
      if (!matrix) {
        EXPECT_EQ(matrix.error().message().rfind("m.yaml:", 0), 0u) << matrix.error().message();
      }
    }
  }
}

}  // namespace
}  // namespace tripled::config
