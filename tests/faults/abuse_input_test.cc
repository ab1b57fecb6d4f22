// What people and repositories write: texts that grow when they are read, and names that mean something to a
// file system, a program or a shell (E.4 26, 27).
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "schema/base/file.h"
#include "tests/faults/abuse.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;
namespace json = wire::json;
using testing::HasSubstr;

struct Planned {
  int status = -1;
  std::string err;
  std::uint64_t memory = 0;
};

// `tripled plan FILE` and the memory it took.
Planned plan(const fs::path& dir, const fs::path& file) {
  const auto err = dir / "plan.err";
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  std::string program = tripled_program(), matrix = file;
  std::string state = "--state=" + (dir / "state").string(), cache = "--cache=" + (dir / "cache").string();
  std::string word = "plan";
  char* argv[] = {program.data(), word.data(), matrix.data(), state.data(), cache.data(), nullptr};
  char* envp[] = {nullptr};
  pid_t pid = -1;
  Planned out;
  forget_peak(::getpid());  // a new process inherits it
  const int error = ::posix_spawn(&pid, program.c_str(), &actions, nullptr, argv, envp);
  ::posix_spawn_file_actions_destroy(&actions);
  EXPECT_EQ(error, 0);
  if (error != 0) return out;
  int status = 0;
  rusage usage{};
  ::wait4(pid, &status, 0, &usage);
  if (WIFEXITED(status)) out.status = WEXITSTATUS(status);
  out.memory = static_cast<std::uint64_t>(usage.ru_maxrss) << 10;
  auto said = read_file(err);
  out.err = said ? *said : "";
  return out;
}

std::map<std::string, std::string> bombs() {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) laughs += (k ? ", *a" : "*a") + std::to_string(i - 1);
    laughs += "]\n";
  }
  std::string blocks;
  for (int i = 0; i < 400; ++i) blocks += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  return {{"laughs", laughs},
          {"self", "tripled: 1\na: &a [*a]\n"},
          {"nesting", std::string(10'000, '[')},
          {"blocks", blocks},
          {"large", "a: " + std::string(20'000'000, 'x') + "\n"},
          {"duplicate", "tripled: 1\ntripled: 1\n"},
          {"tab", "a:\n\tb: 1\n"},
          {"python", "a: !!python/object/apply:os.system ['touch made']\n"},
          {"nul", std::string("tripled: 1\na: \0\n", 16)},
          {"bom", "\xef\xbb\xbftripled: 1\n"}};
}

// E.4 26.
TEST(YamlBombs, AreRefusedWithTheirPlaceInLittleMemory) {
  TemporaryDirectory dir;
  std::vector<std::string> names;
  for (const auto& [name, text] : bombs()) {
    write_files(dir.path(), {{name + ".yaml", text}});
    names.push_back(name);
  }
  for (const auto& name : names) {
    auto ran = plan(dir.path(), dir.path() / (name + ".yaml"));
    EXPECT_EQ(ran.status, 2) << name << ": " << ran.err.substr(0, 500);
    // What is too large is not read: it has no lines.
    const std::string place = name == "large" ? " is larger than [0-9]+ bytes" : ":[0-9]+:[0-9]+: ";
    EXPECT_THAT(ran.err.substr(0, 2000), testing::ContainsRegex(name + ".yaml" + place)) << name;
    EXPECT_LT(ran.err.size(), 4000u) << name;
    if (!kSanitized) {
      EXPECT_LT(ran.memory, 50u << 20) << name;
    }
  }
  EXPECT_FALSE(fs::exists("made"));
}

class Names : public Abuse {
 protected:
  Names() {
    crate("good", {{"src/lib.rs", ""}});
    served = std::make_unique<Served>(dir.path(), dir.path() / "projects");
  }
  // `project`: the value of that key, as YAML.
  std::string matrix(const std::string& project, const std::string& triple = "x86_64-unknown-linux-gnu",
                     const std::string& more = "") const {
    return "tripled: 1\nproject: " + project + "\ndefaults: {toolchain: system, stages: [check]}\n" + more +
           "axes: {triple: [" + triple + "]}\n";
  }
  std::string good_source() const {
    return "source: {path: '" + (dir.path() / "projects/good").string() + "'}";
  }
  ApiAnswer submit(const std::string& text, const std::string& file = "m.yaml") const {
    json::object body;
    body["matrix"] = text;
    body["file"] = file;
    return served->ask("POST", "/api/v1/sweeps", json::serialize(body));
  }
  void expect_refused(const std::string& text) const {
    auto answer = submit(text);
    EXPECT_EQ(answer.status / 100, 4u) << text.substr(0, 300) << "\n" << answer.body;
  }
  // Taken or not: nothing is made of the name but text.
  void expect_harmless(const std::string& text) const {
    auto answer = submit(text);
    if (answer.status == 201) {
      served->finished(std::string(answer.json().at("id").as_string()), 120);
    } else {
      EXPECT_EQ(answer.status / 100, 4u) << text << "\n" << answer.body;
    }
    EXPECT_FALSE(fs::exists(made())) << text;
  }
  fs::path made() const { return dir.path() / "made"; }
  std::vector<std::string> here() const {
    std::vector<std::string> out;
    for (const auto& item : fs::directory_iterator(dir.path())) out.push_back(item.path().filename());
    std::sort(out.begin(), out.end());
    return out;
  }

  std::unique_ptr<Served> served;
};

// E.4 26, 27: through the API.
TEST_F(Names, ThatMeanMoreThanTextAreRefusedOrStayText) {
  using Words = std::vector<std::string>;
  const auto before = here();
  const auto daemon = served->process().pid();
  const auto memory = memory_now(daemon);
  for (const auto& [name, text] : bombs()) EXPECT_EQ(submit(text).status / 100, 4u) << name;
  if (!kSanitized) {
    EXPECT_LT(memory_now(daemon), memory + (64u << 20));
  }
  const auto touch = "touch " + made().string();
  for (const auto& name : Words{"\"a\\nb\"", "\"\\e]0;title\\a\""})
    expect_refused(matrix("{name: " + name + ", " + good_source() + "}"));
  for (const auto& path : Words{"/etc", "../../etc", "/etc/../etc/ssl"})
    expect_refused(matrix("{source: {path: '" + path + "'}}"));
  for (const auto& triple : Words{"'../../x'", "\"x86_64-unknown-linux-gnu; " + touch + "\"",
                                  "\"$(" + touch + ")\"", "\"a\\nb\"", "'-Zx'"})
    expect_refused(matrix("{" + good_source() + "}", triple));
  for (const auto& url : Words{"--upload-pack=" + touch, "ext::sh -c '" + touch + "'", "/etc", "file:///etc"})
    expect_harmless(matrix("{source: {git: \"" + url + "\", rev: main}}"));
  const auto local = (dir.path() / "projects/good").string();
  for (const auto& rev : Words{"--output=" + made().string(), "-oProxyCommand=x", "a\\nb; " + touch})
    expect_harmless(matrix("{source: {git: '" + local + "', rev: \"" + rev + "\"}}"));
  for (const auto& name : Words{"../../made", "a'; " + touch + "; '", "$(" + touch + ")", "`" + touch + "`"})
    expect_harmless(matrix("{name: \"" + name + "\", " + good_source() + "}"));
  expect_harmless(
      matrix("{" + good_source() + "}", "x86_64-unknown-linux-gnu", "profile: '../../../made'\n"));
  EXPECT_EQ(here(), before);
  EXPECT_EQ(served->ask("GET", "/healthz").status, 200u);
}

TEST_F(Names, OfProjectsAndTheirBranchesAreWords) {
  auto add = [&](const std::string& name, const std::string& ref) {
    json::object body{{"name", name}, {"git", "https://git.example/x"}};
    body["poll"] = json::object{{"every", "1h"}, {"refs", json::array{json::value(ref)}}};
    return served->ask("POST", "/api/v1/projects", json::serialize(body)).status;
  };
  for (const char* name : {"..", ".", "../x", "a/b", "a\nb", "a'b", "-x", "", "$(x)"})
    EXPECT_EQ(add(name, "main") / 100, 4u) << name;
  for (const char* ref : {"-oProxyCommand=x", "--upload-pack=x", "a\nb", "main:x", "a..b", "a b", "a\x7f"})
    EXPECT_EQ(add("fine", ref) / 100, 4u) << ref;
  EXPECT_EQ(add("fine", "release/*"), 201u);
}

}  // namespace
}  // namespace tripled::e2e
