// The catalogue's format: what is read, what is refused and where the error points.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "config/catalogue/catalogue.h"

namespace tripled::config {
namespace {

using Words = std::vector<std::string>;

Catalogue parse(std::string_view yaml) {
  auto catalogue = Catalogue::parse(yaml, "c.yaml");
  EXPECT_TRUE(catalogue) << catalogue.error().message();
  return catalogue ? std::move(catalogue).value() : Catalogue();
}

std::string error_of(std::string_view yaml) {
  const auto catalogue = Catalogue::parse(yaml, "c.yaml");
  if (catalogue) return "no error";
  EXPECT_EQ(catalogue.error().kind(), ErrorKind::config);
  return catalogue.error().message();
}

constexpr std::string_view kSmall = R"(format: 1
pitfalls:
  one: {text: It bites., source: seen}
  two: {text: It may bite., source: a/b#1, unverified: true}
families:
  f:
    linker: [<cross>-gcc, <cross>-gcc-12]
    bindgen: [--sysroot=<sysroot>, --for=<triple>]
    sysroot: /usr/<cross>
    packages: {linker: gcc-<cross>, sysroot: libc6-dev-<debian>-cross}
    pitfalls: [one]
triples:
  a-b-c:
    family: f
    cross: a-b
    debian: ab
    qemu: [qemu-a]
    cpu: [max, old]
    packages: {native: ["x y", z]}
    pitfalls: [two, one]
    verified: [sysroot, linker]
  d-e-f:
    loader: lib/ld.so
    unverified: true
)";

TEST(CatalogueParse, FamilyAndEntryAreJoined) {
  const Catalogue catalogue = parse(kSmall);
  EXPECT_EQ(catalogue.triples(), (Words{"a-b-c", "d-e-f"}));
  const CatalogueEntry* entry = catalogue.find("a-b-c");
  ASSERT_NE(entry, nullptr);
  EXPECT_TRUE(entry->in_catalogue);
  EXPECT_EQ(entry->linkers, (Words{"a-b-gcc", "a-b-gcc-12"}));
  EXPECT_EQ(entry->bindgen_arguments, (Words{"--sysroot=<sysroot>", "--for=a-b-c"}));
  EXPECT_EQ(entry->sysroots, (Words{"/usr/a-b"}));
  EXPECT_EQ(entry->cpus, (Words{"max", "old"}));
  EXPECT_EQ(entry->packages.linker, (PackageChoices{{"gcc-a-b"}}));
  EXPECT_EQ(entry->packages.sysroot, (PackageChoices{{"libc6-dev-ab-cross"}}));
  EXPECT_EQ(entry->packages.native, (PackageChoices{{"x", "y"}, {"z"}}));
  ASSERT_EQ(entry->pitfalls.size(), 2u);  // the family's first, none twice
  EXPECT_EQ(entry->pitfalls[0], (Pitfall{"one", "It bites.", "seen", false}));
  EXPECT_EQ(entry->pitfalls[1], (Pitfall{"two", "It may bite.", "a/b#1", true}));
  EXPECT_TRUE(entry->is_verified(CatalogueFact::linker));
  EXPECT_TRUE(entry->is_verified(CatalogueFact::sysroot));
  EXPECT_FALSE(entry->is_verified(CatalogueFact::qemu));
}

TEST(CatalogueParse, AnUnknownTripleHasDefaults) {
  const Catalogue catalogue = parse(kSmall);
  EXPECT_EQ(catalogue.find("x-y-z"), nullptr);
  const CatalogueEntry entry = catalogue.entry_or_default("x-y-z");
  CatalogueEntry expected;
  expected.triple = "x-y-z";
  EXPECT_EQ(entry, expected);
  EXPECT_FALSE(entry.in_catalogue);
  EXPECT_TRUE(entry.linkers.empty());
  EXPECT_EQ(catalogue.entry_or_default("d-e-f"), *catalogue.find("d-e-f"));
}

TEST(CatalogueParse, AnEntryCanEmptyWhatTheFamilySays) {
  const Catalogue catalogue = parse(R"(format: 1
families:
  f: {linker: ld, runner: {name: wine, programs: [wine]}, packages: {linker: lld, qemu: q}}
triples:
  t: {family: f, linker: [], runner: {}, packages: {linker: []}, unverified: true}
)");
  const CatalogueEntry* entry = catalogue.find("t");
  ASSERT_NE(entry, nullptr);
  EXPECT_TRUE(entry->linkers.empty());
  EXPECT_TRUE(entry->runner.name.empty());
  EXPECT_TRUE(entry->packages.linker.empty());
  EXPECT_EQ(entry->packages.qemu, (PackageChoices{{"q"}}));
}

TEST(CatalogueParse, OverlayReplacesWholeEntries) {
  Catalogue catalogue = parse(kSmall);
  catalogue.overlay(parse(R"(format: 1
triples:
  a-b-c: {linker: mine, unverified: true}
  n-e-w: {linker: new, unverified: true}
)"));
  EXPECT_EQ(catalogue.triples(), (Words{"a-b-c", "d-e-f", "n-e-w"}));
  EXPECT_EQ(catalogue.find("a-b-c")->linkers, (Words{"mine"}));
  EXPECT_TRUE(catalogue.find("a-b-c")->sysroots.empty());
  EXPECT_TRUE(catalogue.find("a-b-c")->pitfalls.empty());
  EXPECT_EQ(catalogue.find("n-e-w")->linkers, (Words{"new"}));
  EXPECT_EQ(*catalogue.find("d-e-f"), *parse(kSmall).find("d-e-f"));
}

struct Refused {
  std::string_view yaml;
  std::string_view message;
};

TEST(CatalogueParse, ErrorsPointAtTheirPlace) {
  const Refused cases[] = {
      {"", "c.yaml:1:1: the file is empty"},
      {"triples: {}\n", "c.yaml:1:1: a catalogue starts with `format: 1`"},
      {"format: 2\n", "c.yaml:1:1: a catalogue starts with `format: 1`"},
      {"format: 1\ntriple: {}\n", "c.yaml:2:1: unknown key `triple`, did you mean `triples`?"},
      {"format: 1\ntriples: []\n", "c.yaml:2:10: `triples` must be a map"},
      {"format: 1\ntriples:\n  t:\n    linkr: ld\n",
       "c.yaml:4:5: unknown key `linkr`, did you mean `linker`?"},
      {"format: 1\ntriples:\n  t: {unverified: true}\n  t: {unverified: true}\n",
       "c.yaml:4:3: `t` stands twice in `triples`"},
      {"format: 1\ntriples:\n  t: {cc: a, cc: b, unverified: true}\n",
       "c.yaml:3:14: `cc` stands twice in `t`"},
      {"format: 1\ntriples:\n  t: {linker: {a: b}, unverified: true}\n",
       "c.yaml:3:15: `linker` must be a list of texts"},
      {"format: 1\ntriples:\n  t: {linker: [[a]], unverified: true}\n",
       "c.yaml:3:16: an item of `linker` must be a text"},
      {"format: 1\ntriples:\n  t: {loader: [a], unverified: true}\n", "c.yaml:3:15: `loader` must be a text"},
      {"format: 1\ntriples:\n  t: {linker: ld}\n",
       "c.yaml:3:6: `t` needs either `verified: […]` or `unverified: true`"},
      {"format: 1\ntriples:\n  t: {verified: [cpu], unverified: true}\n",
       "c.yaml:3:6: `t` needs either `verified: […]` or `unverified: true`"},
      {"format: 1\ntriples:\n  t: {unverified: false}\n", "c.yaml:3:19: `unverified` can only be true"},
      {"format: 1\ntriples:\n  t: {verified: []}\n",
       "c.yaml:3:17: `verified` is empty, say `unverified: true`"},
      {"format: 1\ntriples:\n  t: {verified: tier}\n",
       "c.yaml:3:17: `verified` knows no `tier`; it may name linker, compiler, bindgen, pkg-config, sysroot, "
       "loader, "
       "native-on, qemu, cpu, runner, packages"},
      {"format: 1\ntriples:\n  t: {family: f, unverified: true}\n", "c.yaml:3:15: unknown family `f`"},
      {"format: 1\nfamilies:\n  f: {verified: [cpu]}\n",
       "c.yaml:3:17: `verified` belongs into an entry, not into a family"},
      {"format: 1\nfamilies:\n  f: {pitfalls: [vfork]}\n", "c.yaml:3:18: unknown pitfall `vfork`"},
      {"format: 1\npitfalls:\n  p: {text: Bad.}\n", "c.yaml:3:6: pitfall `p` has no `source`"},
      {"format: 1\npitfalls:\n  p: {source: seen}\n", "c.yaml:3:6: pitfall `p` has no `text`"},
      {"format: 1\npitfalls:\n  p: {text: Bad., source: \"\"}\n", "c.yaml:3:27: `source` must be a text"},
      {"format: 1\npitfalls:\n  p: {text: Bad., sourcce: x}\n",
       "c.yaml:3:19: unknown key `sourcce`, did you mean `source`?"},
      {"format: 1\ntriples:\n  t: {linker: <cross>-gcc, unverified: true}\n",
       "c.yaml:3:6: `<cross>-gcc` needs `cross:`, which is not set"},
      {"format: 1\ntriples:\n  t: {linker: <arch>-gcc, unverified: true}\n",
       "c.yaml:3:6: unknown placeholder `<arch>` in `<arch>-gcc`"},
      {"format: 1\ntriples:\n  t: {sysroot: <sysroot>, unverified: true}\n",
       "c.yaml:3:6: unknown placeholder `<sysroot>` in `<sysroot>`"},
      {"format: 1\ntriples:\n  t: {linker: a<cross, unverified: true}\n",
       "c.yaml:3:6: unclosed `<` in `a<cross`"},
      {"format: 1\ntriples:\n  t: {sysroot: usr/x, unverified: true}\n",
       "c.yaml:3:6: `t`: `usr/x` is not absolute"},
      {"format: 1\ntriples:\n  t: {loader: /lib/ld.so, unverified: true}\n",
       "c.yaml:3:6: `t`: `/lib/ld.so` must be relative to the sysroot"},
      {"format: 1\ntriples:\n  t: {cpu: max, unverified: true}\n", "c.yaml:3:6: `t`: `cpu` without `qemu`"},
      {"format: 1\ntriples:\n  t: {runner: {name: wine}, unverified: true}\n",
       "c.yaml:3:15: a runner has both `name` and `programs`"},
      {"format: 1\ntriples:\n  t: {packages: {linkr: x}, unverified: true}\n",
       "c.yaml:3:18: unknown key `linkr`, did you mean `linker`?"},
      {"format: 1\ntriples:\n  t: {<<: {cc: a}, unverified: true}\n", "c.yaml:3:7: unknown key `<<`"},
      {"format: 1\n---\nformat: 1\n", "c.yaml:3:1: a second document"},
  };
  for (const Refused& refused : cases) EXPECT_EQ(error_of(refused.yaml), refused.message) << refused.yaml;
}

TEST(CatalogueParse, BrokenYamlHasAPlaceToo) {
  EXPECT_TRUE(error_of("format: 1\ntriples: {a: [}\n").starts_with("c.yaml:2:15: "));
  EXPECT_EQ(error_of(std::string((1u << 20) + 1, '#')), "c.yaml: larger than 1 MiB");
  EXPECT_TRUE(error_of("format: 1\ntriples: " + std::string(100000, '[')).starts_with("c.yaml:2:"));
}

TEST(CatalogueParse, LoadNamesTheFile) {
  const auto missing = Catalogue::load("/nonexistent/catalogue.yaml");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message().find("/nonexistent/catalogue.yaml"), std::string::npos);

  const std::string path = testing::TempDir() + "catalogue_load_test.yaml";
  std::ofstream(path) << "format: 1\ntriples:\n  t: {linkr: x}\n";
  const auto broken = Catalogue::load(path);
  std::filesystem::remove(path);
  ASSERT_FALSE(broken);
  EXPECT_TRUE(broken.error().message().starts_with(path + ":3:7: ")) << broken.error().message();
}

}  // namespace
}  // namespace tripled::config
