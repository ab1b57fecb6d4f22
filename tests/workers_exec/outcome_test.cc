// How a process ended, and what it was given.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>

#include "schema/base/file.h"
#include "tests/workers_exec/support.h"
#include "workers/exec/shim_protocol.h"
#include "workers/exec/start_failure.h"

namespace tripled::test {
namespace {

using exec::OutcomeKind;
using exec::StartFailure;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

void write_program(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
  ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
}

exec::Command program(const std::filesystem::path& path) {
  exec::Command command;
  command.argv = {path.string()};
  return command;
}

TEST(Outcome, ExitCodesAreReported) {
  for (int code : {0, 1, 9, 101, 127, 255}) {
    auto got = must_capture(shell("exit " + std::to_string(code)));
    EXPECT_EQ(got.result.kind, OutcomeKind::exited);
    EXPECT_EQ(got.result.code, code);
  }
}

TEST(Outcome, SignalsAreNotExitCodes) {
  for (int signal : {SIGKILL, SIGTERM, SIGSEGV, SIGABRT, SIGPIPE, SIGHUP}) {
    auto got = must_capture(shell("kill -" + std::to_string(signal) + " $$; sleep 5"));
    EXPECT_EQ(got.result.kind, OutcomeKind::signalled) << signal;
    EXPECT_EQ(got.result.code, signal);
  }
}

TEST(Outcome, StreamsAreApartAndComplete) {
  auto got = must_capture(shell("echo out; echo err >&2; printf 'a\\000b'"));
  EXPECT_EQ(got.out, std::string("out\na\0b", 7));
  EXPECT_EQ(got.err, "err\n");
  EXPECT_FALSE(got.truncated);
}

TEST(Outcome, TimesAndMemoryAreMeasured) {
  auto got = must_capture(shell("i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; sleep 0.2"));
  EXPECT_GT(got.result.cpu.count(), 0);
  EXPECT_GE(got.result.duration, Millis(200));
  EXPECT_GT(got.result.max_rss_bytes, 100'000u);
}

TEST(Outcome, MissingProgram) {
  auto got = must_capture(program("/nonexistent/program"));
  EXPECT_EQ(got.result.kind, OutcomeKind::could_not_start);
  EXPECT_EQ(got.result.start_failure, StartFailure::no_program);
  EXPECT_EQ(got.result.code, ENOENT);
  EXPECT_THAT(got.result.start_error, HasSubstr("/nonexistent/program"));
}

TEST(Outcome, ScriptWithoutItsInterpreter) {
  TemporaryDirectory directory;
  write_program(directory.path() / "script", "#!/nonexistent/interpreter -x\necho hello\n");
  auto got = must_capture(program(directory.path() / "script"));
  EXPECT_EQ(got.result.kind, OutcomeKind::could_not_start);
  EXPECT_EQ(got.result.start_failure, StartFailure::no_interpreter);
  EXPECT_THAT(got.result.start_error, HasSubstr("its interpreter /nonexistent/interpreter is missing"));
}

TEST(Outcome, ElfWithoutItsLoader) {
  TemporaryDirectory directory;
  auto loader = exec::find_interpreter(own_path());
  if (!loader) GTEST_SKIP() << "this test program is linked statically: it names no loader";
  auto bytes = read_file(own_path(), 1u << 30);
  ASSERT_TRUE(bytes);
  auto missing = *loader;
  missing.back() = missing.back() == 'X' ? 'Y' : 'X';
  bytes->replace(bytes->find(*loader), loader->size(), missing);
  write_program(directory.path() / "program", *bytes);
  auto got = must_capture(program(directory.path() / "program"));
  EXPECT_EQ(got.result.kind, OutcomeKind::could_not_start);
  EXPECT_EQ(got.result.start_failure, StartFailure::no_interpreter);
  EXPECT_THAT(got.result.start_error, HasSubstr(missing));
}

TEST(Outcome, ForeignMachine) {
  TemporaryDirectory directory;
  // A big-endian 64-bit ELF header for machine 0, which no kernel and no binfmt entry takes.
  std::string header("\177ELF\2\2\1", 7);
  header.resize(64);
  write_program(directory.path() / "program", header);
  auto got = must_capture(program(directory.path() / "program"));
  EXPECT_EQ(got.result.start_failure, StartFailure::wrong_format) << got.result.start_error;
  EXPECT_THAT(got.result.start_error, HasSubstr("64-bit big-endian ELF for machine 0"));
}

TEST(Outcome, NotExecutable) {
  TemporaryDirectory directory;
  std::ofstream(directory.path() / "text") << "hello";
  auto got = must_capture(program(directory.path() / "text"));
  EXPECT_EQ(got.result.start_failure, StartFailure::no_permission);
}

TEST(Outcome, MissingWorkingDirectory) {
  auto command = shell("true");
  command.cwd = "/nonexistent/directory";
  auto got = must_capture(command);
  EXPECT_EQ(got.result.kind, OutcomeKind::could_not_start);
  EXPECT_EQ(got.result.start_failure, StartFailure::no_directory);
}

TEST(Outcome, ExitStatus127IsNotAStartFailure) {
  auto got = must_capture(shell("/nonexistent/program"));
  EXPECT_EQ(got.result.kind, OutcomeKind::exited);
  EXPECT_EQ(got.result.code, 127);
}

TEST(Outcome, ImpossibleCommandsAreErrors) {
  exec::CancelToken cancel;
  exec::Command relative;
  relative.argv = {"sh"};
  EXPECT_FALSE(exec::capture(relative, Millis(1000)));
  exec::Command empty;
  EXPECT_FALSE(exec::capture(empty, Millis(1000)));
  auto bad_name = shell("true");
  bad_name.env["A=B"] = "x";
  EXPECT_FALSE(exec::capture(bad_name, Millis(1000)));
  auto bad_directory = shell("true");
  bad_directory.cwd = "relative";
  EXPECT_FALSE(exec::capture(bad_directory, Millis(1000)));
  auto no_shim = exec::capture(shell("true"), {}, cancel, exec::ShimPath{"/nonexistent/worker"});
  ASSERT_FALSE(no_shim);
  EXPECT_EQ(no_shim.error().kind(), ErrorKind::tool);
}

TEST(Given, EnvironmentIsExactlyWhatWasGiven) {
  exec::Command command;
  command.argv = {"/usr/bin/env"};
  command.env = {{"ONE", "1"}, {"EMPTY", ""}, {"LINES", "a\nb"}, {"BYTES", "\xff\xfe"}};
  auto got = must_capture(command);
  EXPECT_EQ(got.out, "BYTES=\xff\xfe\nEMPTY=\nLINES=a\nb\nONE=1\n");
}

TEST(Given, ArgumentsAndDirectory) {
  TemporaryDirectory directory;
  auto command = shell("pwd -P; printf '<%s>' \"$@\"");
  command.argv.insert(command.argv.end(), {"sh", "a b", "", "shim", "\"'$x\n"});
  command.cwd = directory.path();
  auto got = must_capture(command);
  EXPECT_EQ(got.out, std::filesystem::canonical(directory.path()).string() + "\n<a b><><shim><\"'$x\n>");
}

TEST(Given, OnlyStandardStreamsAndDefaultSignals) {
  // 200 descriptors of ours that do not close on exec, and an ignored signal: none may arrive.
  std::vector<exec::UniqueFd> leaks;
  for (int i = 0; i < 200; ++i) leaks.emplace_back(::dup(1));
  auto old = ::signal(SIGPIPE, SIG_IGN);
  auto got = must_capture(
      shell("ls /proc/$$/fd; readlink /proc/$$/fd/0; exec grep -E 'Sig(Blk|Ign)' /proc/self/status"));
  ::signal(SIGPIPE, old);
  EXPECT_TRUE(got.out.starts_with("0\n1\n2\n/dev/null\n")) << got.out;
  EXPECT_THAT(got.out, HasSubstr("SigBlk:\t0000000000000000"));
  EXPECT_THAT(got.out, HasSubstr("SigIgn:\t0000000000000000"));
}

TEST(Given, LimitsAreAppliedAndNamed) {
  exec::Limits limits;
  limits.open_files = 64;
  limits.file_size = 1 << 20;
  limits.nice = 5;
  limits.processes = 1000;
  limits.memory = 8ull << 30;
  auto got = must_capture(shell("ulimit -n; ulimit -f; ulimit -c; ulimit -v; nice"), limits);
  auto lines = got.out;
  EXPECT_THAT(lines, testing::StartsWith("64\n2048\n"));  // 512-byte blocks
  EXPECT_THAT(lines, HasSubstr("\nunlimited\n"));         // never an address space limit
  for (const char* name :
       {"core", "open_files", "file_size", "nice", "process_tree", "processes", "memory", "timeout"})
    EXPECT_THAT(got.result.limits_enforced, Contains(name));
  EXPECT_THAT(got.result.limits_enforced, Not(Contains("no_output_timeout")));
}

TEST(Given, ALimitThatCannotBeIsNotNamed) {
  exec::Limits limits;
  limits.open_files = 1ull << 62;  // above the kernel's fs.nr_open, for root too
  auto got = must_capture(shell("true"), limits);
  EXPECT_TRUE(got.succeeded());
  EXPECT_THAT(got.result.limits_enforced, Not(Contains("open_files")));
}

TEST(Protocol, SpecAndRecordSurviveTheWay) {
  exec::ShimSpec spec{42, shell("echo\n\"x\""), {}};
  spec.command.env["BYTES"] = "\xff=\n";
  spec.limits.grace = Millis(7);
  spec.limits.nice = -3;
  spec.limits.processes = 99;
  spec.limits.memory = 1ull << 40;
  auto spec_back = exec::decode_spec(exec::encode_spec(spec));
  ASSERT_TRUE(spec_back);
  EXPECT_EQ(spec_back->command.argv, spec.command.argv);
  EXPECT_EQ(spec_back->command.env, spec.command.env);
  EXPECT_EQ(spec_back->limits.nice, -3);
  EXPECT_EQ(spec_back->limits.processes, 99u);
  EXPECT_EQ(spec_back->limits.memory, 1ull << 40);
  EXPECT_EQ(spec_back->limits.grace, Millis(7));
  EXPECT_FALSE(exec::decode_spec("worker=1"));
  EXPECT_FALSE(exec::decode_spec(""));

  exec::ExitRecord record;
  record.kind = exec::RecordKind::could_not_start;
  record.start_failure = StartFailure::no_interpreter;
  record.text = "bytes \xff";
  record.exceeded = "it had more than 2 processes at once";
  record.enforced = {"core"};
  auto record_back = exec::parse_record(exec::to_json_line(record));
  ASSERT_TRUE(record_back);
  EXPECT_EQ(record_back->kind, record.kind);
  EXPECT_EQ(record_back->start_failure, record.start_failure);
  EXPECT_EQ(record_back->enforced, record.enforced);
  EXPECT_EQ(record_back->exceeded, record.exceeded);
  EXPECT_FALSE(exec::parse_record("{"));
}

TEST(Mounts, AreSeenByTheProgramAloneAndByItsDescendants) {
  TemporaryDirectory dir;
  const auto from = dir.path() / "from", at = dir.path() / "at";
  for (const auto& path : {from, at}) std::filesystem::create_directory(path);
  std::ofstream(from / "here") << "yes";
  auto command = shell("cat " + (at / "here").string() + "; sh -c 'test -e " + (at / "here").string() + "'");
  command.mounts = {{from, at}};
  auto got = must_capture(command);
  EXPECT_EQ(got.result.kind, OutcomeKind::exited) << got.result.start_error;
  EXPECT_EQ(got.result.code, 0);
  EXPECT_EQ(got.out, "yes");
  EXPECT_FALSE(std::filesystem::exists(at / "here"));
}

TEST(Mounts, OfWhatIsNotThereTheProgramCannotStart) {
  auto command = shell("exit 0");
  command.mounts = {{"/nonexistent-a", "/nonexistent-b"}};
  auto got = must_capture(command);
  EXPECT_EQ(got.result.kind, OutcomeKind::could_not_start);
  EXPECT_THAT(got.result.start_error, HasSubstr("/nonexistent-b"));
}

}  // namespace
}  // namespace tripled::test
