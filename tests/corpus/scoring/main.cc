// tests/corpus/README.md, "Score".
#include <cstring>
#include <iostream>

#include "schema/base/file.h"
#include "schema/wire/json.h"
#include "tests/corpus/scoring/print.h"

namespace tripled::corpus {
namespace {

constexpr const char* usage =
    R"(Replays every recorded failure through diagnosis and says how many it explains rightly.

  --only CAUSE      this cause alone
  --verbose         what was expected and what came, of everything that is not right, in the development half
  --held-out        with --verbose: the held-out half, too; who mends a rule after that has no held-out half any more
  --every           with --verbose: those that are right, too
  --json            the table as JSON
  --results         one line of JSON for each variant
  --stdin           variants from standard input, one {"document": …, "truth": …} a line, instead of the corpus
  --recorded DIR    another corpus
  --kept FILE       exit status 1 where it is worse than the score kept in FILE
  --keep FILE       writes the score there
)";

struct Options {
  std::string only, recorded = std::string(TRIPLED_SOURCE_DIR) + "/tests/corpus/recorded", kept, keep;
  bool verbose = false, held_out = false, every = false, as_json = false, results = false, from_stdin = false;
};

Result<Options> options_of(int argc, char** argv) {
  Options out;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    auto flag = [&](const char* name, bool& value) { return word == name && (value = true); };
    auto text = [&](const char* name, std::string& value) {
      if (word != name || i + 1 == argc) return false;
      value = argv[++i];
      return true;
    };
    if (flag("--verbose", out.verbose) || flag("--held-out", out.held_out) || flag("--every", out.every) ||
        flag("--json", out.as_json) || flag("--results", out.results) || flag("--stdin", out.from_stdin) ||
        text("--only", out.only) || text("--recorded", out.recorded) || text("--kept", out.kept) ||
        text("--keep", out.keep))
      continue;
    return Error(ErrorKind::usage, "`" + word + "`\n" + usage);
  }
  return out;
}

Result<std::vector<Variant>> from_stdin() {
  std::vector<Variant> out;
  for (std::string line; std::getline(std::cin, line);) {
    TRIPLED_ASSIGN(json::value value, wire::parse(line));
    if (!value.is_object() || !value.get_object().contains("document") ||
        !value.get_object().contains("truth"))
      return Error(ErrorKind::protocol, "a line without `document` or `truth`");
    auto& object = value.get_object();
    TRIPLED_ASSIGN(Variant variant, variant_of(std::move(object["document"]), object["truth"]));
    out.push_back(std::move(variant));
  }
  return out;
}

// Exit status.
Result<int> against_kept(const std::string& file, const Score& score) {
  TRIPLED_ASSIGN(std::string text, read_file(file));
  TRIPLED_ASSIGN(json::value kept, wire::parse(text));
  TRIPLED_ASSIGN(Compared lines, compared(kept, score));
  for (const auto& line : lines.worse) std::cout << "worse: " << line << "\n";
  for (const auto& line : lines.better) std::cout << "better: " << line << "\n";
  if (lines.worse.empty() && !lines.better.empty())
    std::cout << "better than what is kept: write it down with --keep " << file << "\n";
  return lines.worse.empty() ? 0 : 1;
}

Result<int> run(const Options& options) {
  TRIPLED_ASSIGN(std::vector<Variant> variants,
                 options.from_stdin ? from_stdin() : read_recorded(options.recorded, options.only));
  if (variants.empty()) return Error(ErrorKind::usage, "no variants of `" + options.only + "`");
  std::vector<Scored> all;
  for (const auto& variant : variants) {
    TRIPLED_ASSIGN(std::vector<ReplayedJob> jobs, replay(variant));
    all.push_back(scored(variant, std::move(jobs)));
  }
  if (options.results) {
    for (const auto& one : all) std::cout << result_line(one) << "\n";
    return 0;
  }
  if (options.verbose)
    for (const auto& one : all)
      if ((options.held_out || !one.variant->held_out) && (options.every || one.mark != Mark::right))
        std::cout << explained(one) << "\n";
  auto score = score_of(all);
  std::cout << (options.as_json ? wire::pretty(to_json(score)) + "\n" : table(score));
  if (!options.keep.empty())
    TRIPLED_TRY(write_file_atomically(options.keep, wire::pretty(to_json(score)) + "\n"));
  return options.kept.empty() ? Result<int>(0) : against_kept(options.kept, score);
}

}  // namespace
}  // namespace tripled::corpus

int main(int argc, char** argv) {
  using namespace tripled::corpus;
  std::ios::sync_with_stdio(false);
  auto options = options_of(argc, argv);
  if (!options) {
    std::cerr << options.error().message() << "\n";
    return 2;
  }
  auto status = run(options.value());
  if (!status) {
    std::cerr << status.error().message() << "\n";
    return 2;
  }
  return status.value();
}
