// What a project may be, and the request its settings and repository make.
#include "daemon/app/triggers/project_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/base/temporary_directory.h"

namespace tripled::app {
namespace {

using ::testing::HasSubstr;

const std::string kMatrix = "tripled: 1\naxes: {triple: [x86_64-unknown-linux-gnu]}\n";

store::ProjectSettings of_git(const std::string& url) {
  store::ProjectSettings out;
  out.name = "demo";
  out.git = url;
  return out;
}

std::string refusal(store::ProjectSettings settings, const config::ServiceSettings& service = {}) {
  auto checked = check_project(settings, service);
  return checked ? "" : checked.error().message();
}

TEST(ProjectRequest, UrlsThatAreTaken) {
  for (const char* good : {"https://git.example/demo.git", "http://h:80/x", "ssh://git@h/x", "git://h/x",
                           "git@h.example:team/demo.git", "https://user@git.example/demo"})
    EXPECT_EQ(refusal(of_git(good)), "") << good;
  for (const char* bad : {"ext::sh -c x", "ftp://h/x", "demo", "-x", "fd::17/x"})
    EXPECT_THAT(refusal(of_git(bad)), HasSubstr("is not a URL")) << bad;
  EXPECT_THAT(refusal(of_git("https://u:secret@h/x")), HasSubstr("TRIPLED_GIT_CREDENTIALS"));
  EXPECT_THAT(refusal(of_git("https://u:secret@h/x")), ::testing::Not(HasSubstr("secret")));
  EXPECT_THAT(refusal(of_git("/etc")), HasSubstr("project-roots"));
  EXPECT_THAT(refusal(of_git("file:///etc")), HasSubstr("project-roots"));
}

TEST(ProjectRequest, DefaultsAreFilledIn) {
  auto settings = of_git("https://git.example/demo");
  settings.poll.emplace();
  ASSERT_TRUE(check_project(settings, {}));
  EXPECT_EQ(settings.ref, "main");
  EXPECT_EQ(settings.poll->refs, std::vector<std::string>{"main"});
}

TEST(ProjectRequest, WhatIsRefused) {
  auto with = [](auto change) {
    auto settings = of_git("https://git.example/demo");
    change(settings);
    return refusal(settings);
  };
  for (const char* name : {"../x", "..", ".", "-x", "a\nb"})
    EXPECT_THAT(with([&](auto& s) { s.name = name; }), HasSubstr("letters, digits")) << name;
  for (const char* ref : {"-oProxyCommand=x", "a\nb", "main:x", "a..b", "release/*"})
    EXPECT_THAT(with([&](auto& s) { s.ref = ref; }), HasSubstr("is no name of a branch")) << ref;
  for (const char* ref : {"--upload-pack=x", "a\nb", "main:x", ""})
    EXPECT_THAT(with([&](auto& s) {
                  s.poll = store::PollSettings{"5m", {ref}};
                }),
                HasSubstr("is no name of a branch"))
        << ref;
  EXPECT_EQ(with([](auto& s) { s.poll = store::PollSettings{"5m", {"release/*"}}; }), "");
  EXPECT_THAT(with([](auto& s) { s.directory = "/src"; }), HasSubstr("either `git` or `directory`"));
  EXPECT_THAT(with([](auto& s) { s.matrix_path = "../m.yaml"; }), HasSubstr("`matrix_path`"));
  EXPECT_THAT(with([](auto& s) { s.matrix = kMatrix; }), HasSubstr("belongs to `directory`"));
  EXPECT_THAT(with([](auto& s) { s.poll = store::PollSettings{"1s", {}}; }), HasSubstr("5s or more"));
  EXPECT_THAT(with([](auto& s) { s.cells = 0; }), HasSubstr("`cells`"));
}

TEST(ProjectRequest, RepositoryAtItsCommit) {
  auto settings = of_git("https://git.example/demo");
  settings.priority = 5;
  settings.cells = 40;
  settings.submodules = true;
  GitAnswer git;
  git.revision = std::string(40, 'a');
  git.matrix = kMatrix + "project: {name: other}\n";
  auto request = project_request(settings, {}, git);
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(request->matrix.project.name, "demo") << "the daemon's name for it";
  EXPECT_EQ(request->matrix.project.source.git, settings.git);
  EXPECT_EQ(request->matrix.project.source.rev, git.revision);
  EXPECT_TRUE(request->matrix.project.source.submodules);
  EXPECT_EQ(request->cell_limit, 40u);
  EXPECT_EQ(request->priority, 5);
  EXPECT_EQ(request->file, "matrix.yaml");
  git.matrix = kMatrix + "worker: big\n";
  auto refused = project_request(settings, {}, git);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("matrix.yaml:3:9: `worker: big`"));
}

TEST(ProjectRequest, DirectoryBelowARoot) {
  test::TemporaryDirectory dir;
  std::filesystem::create_directories(dir.path() / "src/demo");
  config::ServiceSettings service;
  service.project_roots = {(dir.path() / "src").string()};
  store::ProjectSettings settings;
  settings.name = "demo";
  settings.directory = (dir.path() / "src/demo").string();
  settings.matrix = kMatrix + "env: {ANYTHING: 1}\n";  // an administrator's own
  EXPECT_EQ(refusal(settings, service), "");
  auto request = project_request(settings, service, {});
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(request->matrix.project.source.path, settings.directory);
  auto outside = settings;
  outside.matrix = kMatrix + "project: {source: {path: ../..}}\n";
  EXPECT_THAT(refusal(outside, service), HasSubstr("project-roots"));
  outside.directory = "/etc";
  EXPECT_THAT(refusal(outside, service), HasSubstr("project-roots"));
  auto wrong = settings;
  wrong.matrix = "tripled: 1\nruls: []\n";
  EXPECT_THAT(refusal(wrong, service), HasSubstr("matrix.yaml:2:1: unknown key `ruls`"));
}

}  // namespace
}  // namespace tripled::app
