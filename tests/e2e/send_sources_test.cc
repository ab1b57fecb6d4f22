// A project that lies nowhere near the daemon: the command line packs it, sends it, and its sweep is as one
// here would be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "schema/base/file.h"
#include "schema/base/text.h"
#include "tests/e2e/fleet.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;
namespace json = wire::json;
using testing::HasSubstr;
using testing::Not;

class SendSources : public ::testing::Test {
 protected:
  SendSources() {
    write_files(
        home(),
        {{"demo/Cargo.toml", "[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"2\"\n"},
         {"demo/one/Cargo.toml",
          "[package]\nname = \"one\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"
          "[dependencies]\nbeside = { path = \"../../beside\" }\n"},
         {"demo/one/src/lib.rs", "include!(\"untracked.rs\");\n"},
         {"demo/two/Cargo.toml", "[package]\nname = \"two\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
         {"demo/two/src/lib.rs", "pub fn two() -> u32 { 2 }\n"},
         {"demo/.gitignore", "secret.txt\n"},
         {"beside/Cargo.toml", "[package]\nname = \"beside\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
         {"beside/src/lib.rs", "pub fn three() -> u32 { 3 }\n"}});
    write_matrix("packages: each");
    const auto command = "cd " + shell_quote((home() / "demo").string()) +
                         " && export HOME=/nonexistent && git init -q -b main . && git add -A && "
                         "git -c user.name=t -c user.email=t@example commit -q -m first >/dev/null";
    EXPECT_EQ(std::system(command.c_str()), 0);
    write_files(home(), {{"demo/one/src/untracked.rs",
                          "pub fn four() -> u32 { beside::three() + 1 }\n"
                          "#[test]\nfn adds() { assert_eq!(four(), 4); }\n"},
                         {"demo/secret.txt", "not for others\n"}});
  }
  fs::path home() const { return dir_.path() / "home"; }
  void write_matrix(const std::string& more) {
    write_files(home(),
                {{"demo/matrix.yaml",
                  "tripled: 1\nproject: {name: demo, source: {path: .}}\ndefaults: {toolchain: system, " +
                      more + "}\naxes: {triple: [x86_64-unknown-linux-gnu]}\n"}});
  }
  Ran run(const Served& served, std::vector<std::string> args) {
    args.insert(args.end(), {"--server", "http://127.0.0.1:" + std::to_string(served.port()), "--token-file",
                             (dir_.path() / "daemon/state/admin.token").string()});
    return run_tripled(dir_.path(), args, {{"XDG_CACHE_HOME", (dir_.path() / "own-cache").string()}});
  }
  std::vector<std::string> sweep(std::vector<std::string> more = {}) const {
    std::vector<std::string> args{"sweep", (home() / "demo/matrix.yaml").string()};
    args.insert(args.end(), more.begin(), more.end());
    return args;
  }

  TemporaryDirectory dir_;
};

TEST_F(SendSources, AreSweptAsTheyWouldBeHere) {
  Served served(dir_.path() / "daemon", dir_.path() / "daemon/projects");
  ASSERT_NE(served.port(), 0);
  // As it lies there it is refused: no administrator listed that place.
  auto in_place = run(served, sweep({"--in-place"}));
  EXPECT_EQ(in_place.status, 2);
  EXPECT_THAT(in_place.err, HasSubstr("lies below none of the daemon's `project-roots`"));

  auto swept = run(served, sweep());
  EXPECT_EQ(swept.status, 0) << swept.err << swept.out;
  EXPECT_THAT(swept.err, HasSubstr("Sending"));
  auto report = served.ask("GET", "/api/v1/sweeps/1").json();
  EXPECT_EQ(report.at("cells").as_array().size(), 2u) << "one a package: `each` was told the packages";
  EXPECT_EQ(text(cell_of(report, "x86_64-unknown-linux-gnu/one").at("verdict")), "pass");
  EXPECT_EQ(text(report.at("sweep").at("revision")).size(), 40u);
  const auto from = ":" + (home() / "demo").string();
  EXPECT_THAT(notes_of(report), HasSubstr("sources sent by `admin-"));
  EXPECT_THAT(notes_of(report), HasSubstr(from));
  EXPECT_THAT(notes_of(report), HasSubstr("path dependency outside the project"));
  EXPECT_THAT(swept.out, HasSubstr(from)) << "the text report says so, too";
  EXPECT_THAT(served.ask("GET", "/api/v1/sweeps/1?format=html").body, HasSubstr(from));
  EXPECT_THAT(text(report.at("sweep").at("source")), HasSubstr(from));

  // The same again: nothing is stored twice; changed: the change is swept.
  EXPECT_EQ(run(served, sweep({"--triple", "x86_64-*", "--stage", "check"})).status, 0);
  write_files(home(), {{"demo/two/src/lib.rs", "pub fn two() -> u32 { \"2\" }\n"}});
  auto broken = run(served, sweep({"--stage", "check"}));
  EXPECT_EQ(broken.status, 1) << broken.err << broken.out;
  auto log = served.process().err_so_far();
  EXPECT_THAT(served.ask("GET", "/api/v1/audit").body, HasSubstr("\"sources\""));
  // What git ignores never left.
  EXPECT_NE(
      std::system(("grep -rq 'not for others' " + shell_quote((dir_.path() / "daemon").string())).c_str()),
      0);
}

TEST_F(SendSources, OnlyWhatIsThereAndFitsIsSwept) {
  Served served(dir_.path() / "daemon", dir_.path() / "daemon/projects");
  ASSERT_NE(served.port(), 0);
  const auto matrix = *read_file(home() / "demo/matrix.yaml", 4096);
  auto submit = [&](const std::string& hash, int size) {
    json::object body{{"matrix", matrix}, {"file", "m.yaml"}, {"directory", "/elsewhere"}};
    body["upload"] = json::object{{"hash", hash},   {"size", size}, {"directory", ""},   {"snapshot", ""},
                                  {"revision", ""}, {"host", "h"},  {"rust_version", ""}};
    return served.ask("POST", "/api/v1/sweeps", json::serialize(body));
  };
  auto missing = submit(std::string(64, 'a'), 10);
  EXPECT_EQ(missing.status, 409u) << missing.body;
  EXPECT_THAT(missing.body, HasSubstr("send them first"));
  EXPECT_EQ(submit("../../etc/passwd", 10).status, 422u);
  // An administrator says how much the project of this name may take.
  fs::create_directories(dir_.path() / "daemon/projects/demo");
  write_files(dir_.path() / "daemon/projects/demo", {{"Cargo.toml", "[package]\nname = \"demo\"\n"}});
  json::object project{{"name", "demo"},
                       {"directory", (dir_.path() / "daemon/projects/demo").string()},
                       {"matrix", "tripled: 1\naxes: {triple: [x86_64-unknown-linux-gnu]}\n"},
                       {"disk", 10},
                       {"cells", 1}};
  auto added = served.ask("POST", "/api/v1/projects", json::serialize(project));
  ASSERT_EQ(added.status, 201u) << added.body;
  auto large = run(served, sweep());
  EXPECT_EQ(large.status, 2);
  EXPECT_THAT(large.err, HasSubstr("project `demo` may have 10 B"));
  project["disk"] = 1 << 20;
  EXPECT_EQ(served.ask("PUT", "/api/v1/projects/demo", json::serialize(project)).status, 200u);
  auto many = run(served, sweep());
  EXPECT_EQ(many.status, 2);
  EXPECT_THAT(many.err, HasSubstr("cells"));
}

}  // namespace
}  // namespace tripled::e2e
