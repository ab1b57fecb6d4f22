// What needs the project's manifests: `each`, `--package`; and what a source without them cannot have.
#include <gtest/gtest.h>

#include "tests/config/support.h"

namespace tripled::config {
namespace {

using testing::error_of;
using testing::ids;
using testing::plan;
using Ids = std::vector<std::string>;

const std::string kHead = "tripled: 1\naxes: {triple: [i686-unknown-linux-gnu]}\n";

ExpandOptions two_packages() {
  ExpandOptions options;
  options.packages = {{"alpha", {"default", "x"}, true}, {"beta", {"z"}, false}};
  return options;
}

TEST(Packages, EachNeedsTheProjectsManifests) {
  const std::string text =
      "tripled: 1\naxes: {triple: [i686-unknown-linux-gnu]}\npackages: [a]\nfeatures: each\n";
  EXPECT_EQ(error_of(plan(text)),
            "m.yaml:4:11: `features: each` needs the project's manifests: which nobody has read here");
  ExpandOptions options;
  options.packages = {{"a", {"default", "x", "y"}}, {"b", {"z"}}};
  auto p = plan(text, options);
  EXPECT_EQ(ids(p), (Ids{"i686-unknown-linux-gnu/x", "i686-unknown-linux-gnu/y"}));
  EXPECT_EQ(p->cells[1].settings.scope, (Ids{"-p", "a", "--features", "y"}));
  p = plan("tripled: 1\naxes: {triple: [i686-unknown-linux-gnu], packages: [each]}\n", options);
  EXPECT_EQ(ids(p), (Ids{"i686-unknown-linux-gnu/a", "i686-unknown-linux-gnu/b"}));
  EXPECT_EQ(p->cells[1].settings.scope, (Ids{"-p", "b"}));
  p = plan("tripled: 1\naxes: {triple: [i686-unknown-linux-gnu], packages: [each], features: [each]}\n",
           options);
  EXPECT_EQ(ids(p),
            (Ids{"i686-unknown-linux-gnu/a/x", "i686-unknown-linux-gnu/a/y", "i686-unknown-linux-gnu/b/z"}));
  EXPECT_EQ(p->cells[2].settings.scope, (Ids{"-p", "b", "--features", "z"}));
  options.packages->clear();
  EXPECT_EQ(error_of(plan(text, options)),
            "m.yaml:4:11: `features: each` stands for nothing: the project has no features");
}

TEST(Packages, FeaturesAreThoseOfWhatIsSelected) {
  auto of = [](const std::string& selection) {
    return ids(plan(kHead + "features: each\n" + selection, two_packages()));
  };
  const std::string triple = "i686-unknown-linux-gnu/";
  EXPECT_EQ(of(""), Ids{triple + "x"});  // cargo takes the default members
  EXPECT_EQ(of("packages: workspace\n"), (Ids{triple + "x", triple + "z"}));
  EXPECT_EQ(of("exclude-packages: al*\n"), Ids{triple + "z"});
  EXPECT_EQ(of("packages: beta\n"), Ids{triple + "z"});
}

TEST(Packages, EachSaysWhyTheManifestsCouldNotBeRead) {
  ExpandOptions options;
  options.packages_error = "`cargo metadata`: error: no Cargo.toml";
  EXPECT_EQ(error_of(plan(kHead + "packages: each\n", options)),
            "m.yaml:3:11: `packages: each` needs the project's manifests: `cargo metadata`: error: no "
            "Cargo.toml");
}

TEST(Packages, SourcesWithoutManifestsAreRefused) {
  const std::string crate = kHead + "project: {source: {crate: demo, version: 1.0.0}}\n";
  EXPECT_EQ(
      error_of(plan(crate + "features: each\n")),
      "m.yaml:4:11: `features: each` is for a project whose source is a `path`: the manifests of a `git` "
      "or `crate` source are not there yet when the cells are made; name the features");
  EXPECT_EQ(
      error_of(plan(crate + "toolchains: {old: msrv}\ntoolchain: old\n")),
      "m.yaml:5:12: `toolchain: msrv` is for a project whose source is a `path`: the rust-version of a "
      "`git` or `crate` source is not known yet when the cells are made; write the version, such as 1.85");
  EXPECT_EQ(ids(plan(kHead + "toolchain: msrv\n")), Ids{"i686-unknown-linux-gnu"});
}

TEST(Packages, AnUnknownPackageOfTheCommandLineIsAUsageError) {
  auto options = two_packages();
  options.narrowing.packages = {"beto"};
  auto p = plan(kHead + "packages: workspace\n", options);
  EXPECT_EQ(error_of(p), "--package beto: the project has no such package; did you mean `beta`?");
  EXPECT_EQ(p.error().kind(), ErrorKind::usage);
  options.narrowing.packages = {"be*", "alpha@0.1.0"};
  EXPECT_EQ(ids(plan(kHead + "packages: workspace\n", options)).size(), 1u);
  options.narrowing.packages = {"serde"};  // a dependency, by the matrix's own words
  EXPECT_EQ(ids(plan(kHead + "packages: [serde, alpha]\n", options)).size(), 1u);
  options.packages.reset();
  options.narrowing.packages = {"beto"};
  EXPECT_EQ(ids(plan(kHead, options)).size(), 1u);  // nobody can tell
}

}  // namespace
}  // namespace tripled::config
