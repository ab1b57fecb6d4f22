// The shipped data: what has to hold for every entry, and the facts that other parts of tripled lean on.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <set>

#include "config/catalogue/catalogue.h"
#include "schema/base/text.h"

namespace tripled::config {
namespace {

using Words = std::vector<std::string>;

bool names(const PackageChoices& choices, const std::string& package) {
  return std::any_of(choices.begin(), choices.end(), [&](const Words& set) {
    return std::find(set.begin(), set.end(), package) != set.end();
  });
}

const CatalogueEntry& entry(std::string_view triple) {
  const CatalogueEntry* found = Catalogue::builtin().find(triple);
  if (!found) throw std::runtime_error("not in the catalogue: " + std::string(triple));
  return *found;
}

TEST(CatalogueData, TheFileIsWhatIsBuiltIn) {
  const auto file = Catalogue::load(TRIPLED_SOURCE_DIR "/config/catalogue/triples.yaml");
  ASSERT_TRUE(file) << file.error().message();
  ASSERT_EQ(file->triples(), Catalogue::builtin().triples());
  for (const std::string& triple : file->triples()) EXPECT_EQ(*file->find(triple), entry(triple)) << triple;
}

TEST(CatalogueData, AtLeastSixtyDistinctTriples) {
  const Words triples = Catalogue::builtin().triples();
  EXPECT_GE(triples.size(), 60u);
  EXPECT_EQ(std::set<std::string>(triples.begin(), triples.end()).size(), triples.size());
  for (const std::string& triple : triples) EXPECT_EQ(entry(triple).triple, triple);
}

TEST(CatalogueData, EveryDebianCrossLinkerHasItsPackages) {
  int seen = 0;
  for (const std::string& triple : Catalogue::builtin().triples()) {
    const CatalogueEntry& e = entry(triple);
    if (e.debian_architecture.empty() || e.linkers.empty() || e.linkers.front() != e.cross_prefix + "-gcc")
      continue;
    if (e.cross_prefix.find("-linux-gnu") == std::string::npos) continue;
    ++seen;
    EXPECT_TRUE(names(e.packages.linker, "gcc-" + replace_all(e.cross_prefix, "_", "-"))) << triple;
    EXPECT_TRUE(names(e.packages.cxx, "g++-" + replace_all(e.cross_prefix, "_", "-"))) << triple;
    EXPECT_TRUE(names(e.packages.sysroot, "libc6-dev-" + e.debian_architecture + "-cross")) << triple;
  }
  EXPECT_GE(seen, 25);
}

TEST(CatalogueData, PackagesStandForSomething) {
  for (const std::string& triple : Catalogue::builtin().triples()) {
    const CatalogueEntry& e = entry(triple);
    EXPECT_TRUE(e.packages.linker.empty() || !e.linkers.empty()) << triple;
    EXPECT_TRUE(e.packages.cxx.empty() || !e.cxx.empty()) << triple;
    EXPECT_EQ(e.packages.qemu.empty(), e.qemu.empty()) << triple;
    EXPECT_TRUE(e.packages.native.empty() || !e.native_on.empty()) << triple;
    EXPECT_TRUE(e.packages.runner.empty() || !e.runner.name.empty()) << triple;
    for (const PackageChoices* choices : {&e.packages.linker, &e.packages.cxx, &e.packages.sysroot,
                                          &e.packages.qemu, &e.packages.native, &e.packages.runner}) {
      for (const Words& set : *choices) {
        EXPECT_FALSE(set.empty()) << triple;
        for (const std::string& package : set) {
          EXPECT_EQ(package.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-.:"), std::string::npos)
              << triple << ": " << package;
        }
      }
    }
  }
}

TEST(CatalogueData, PitfallsAreSentencesWithASource) {
  std::set<std::string> ids;
  for (const std::string& triple : Catalogue::builtin().triples()) {
    std::set<std::string> here;
    for (const Pitfall& pitfall : entry(triple).pitfalls) {
      EXPECT_FALSE(pitfall.source.empty()) << triple << ": " << pitfall.id;
      EXPECT_TRUE(pitfall.text.ends_with(".")) << pitfall.id;
      EXPECT_TRUE(here.insert(pitfall.id).second) << triple << ": " << pitfall.id << " stands twice";
      // What was seen says so, what was only read does not.
      if (!pitfall.unverified) {
        const bool seen = pitfall.source.starts_with("seen") || pitfall.source.starts_with("Debian 12") ||
                          contains(pitfall.source, "rustc 1.96");
        EXPECT_TRUE(seen) << pitfall.id << ": " << pitfall.source;
      }
      ids.insert(pitfall.id);
    }
  }
  EXPECT_GE(ids.size(), 40u);
}

TEST(CatalogueData, VerifiedFactsExist) {
  int verified = 0;
  for (const std::string& triple : Catalogue::builtin().triples()) {
    const CatalogueEntry& e = entry(triple);
    verified += !e.verified.empty();
    const auto says = [&](CatalogueFact fact, bool present) {
      EXPECT_TRUE(!e.is_verified(fact) || present) << triple << ": " << to_string(fact);
    };
    says(CatalogueFact::linker, !e.linkers.empty());
    says(CatalogueFact::compiler, !e.cc.empty() && !e.ar.empty() && !e.ranlib.empty());
    says(CatalogueFact::bindgen, !e.bindgen_arguments.empty());
    says(CatalogueFact::pkg_config, !e.pkg_config_dirs.empty());
    says(CatalogueFact::sysroot, !e.sysroots.empty());
    says(CatalogueFact::loader, !e.loader.empty());
    says(CatalogueFact::native_on, !e.native_on.empty());
    says(CatalogueFact::qemu, !e.qemu.empty());
    says(CatalogueFact::cpu, !e.cpus.empty());
    says(CatalogueFact::runner, !e.runner.name.empty());
    says(CatalogueFact::packages, !e.packages.linker.empty());
  }
  EXPECT_GE(verified, 25);
}

TEST(CatalogueData, FactsThatTheRestLeansOn) {
  EXPECT_EQ(entry("riscv64gc-unknown-linux-gnu").cpus, (Words{"max", "rv64"}));
  EXPECT_EQ(entry("s390x-unknown-linux-gnu").qemu.front(), "qemu-s390x");
  EXPECT_EQ(entry("aarch64-unknown-linux-gnu").sysroots, (Words{"/usr/aarch64-linux-gnu"}));
  EXPECT_EQ(entry("aarch64-unknown-linux-gnu").bindgen_arguments, (Words{"--sysroot=<sysroot>"}));
  EXPECT_EQ(entry("powerpc64le-unknown-linux-gnu").loader, "lib64/ld64.so.2");
  const CatalogueEntry& i686 = entry("i686-unknown-linux-gnu");
  EXPECT_EQ(i686.native_on.front(), "x86_64");
  EXPECT_EQ(i686.loader, "lib/ld-linux.so.2");
  EXPECT_EQ(i686.packages.native,
            (PackageChoices{{"libc6-i386", "lib32gcc-s1"}, {"libc6:i386", "libgcc-s1:i386"}}));
  EXPECT_TRUE(entry("x86_64-unknown-freebsd").qemu.empty());
  EXPECT_EQ(entry("thumbv7em-none-eabi").linkers.front(), "rust-lld");
}

// rustc is asked only where Debian's is installed: a triple that it does not know is a typing error here.
TEST(CatalogueData, RustcKnowsEveryTriple) {
  const char* rustc = "/usr/bin/rustc";
  if (!std::filesystem::exists(rustc)) GTEST_SKIP() << "no " << rustc << " to ask for its target list";
  FILE* pipe = popen("/usr/bin/rustc --print target-list 2>/dev/null", "r");
  ASSERT_NE(pipe, nullptr);
  std::string output;
  std::array<char, 4096> buffer;
  while (const std::size_t n = fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), n);
    if (output.size() > (1u << 20)) break;
  }
  const int status = pclose(pipe);
  ASSERT_EQ(status, 0) << rustc << " --print target-list";
  const Words words = split_words(output);
  const std::set<std::string> known(words.begin(), words.end());
  if (!known.count("riscv64a23-unknown-linux-gnu"))
    GTEST_SKIP() << rustc << " is older than the catalogue (1.96)";
  for (const std::string& triple : Catalogue::builtin().triples()) EXPECT_TRUE(known.count(triple)) << triple;
}

}  // namespace
}  // namespace tripled::config
