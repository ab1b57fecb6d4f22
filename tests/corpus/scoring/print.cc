#include "tests/corpus/scoring/print.h"

#include <algorithm>
#include <cstdio>

#include "schema/base/text.h"
#include "schema/wire/json.h"

namespace tripled::corpus {
namespace {

struct Counts {
  int variants = 0, right = 0, unknown = 0, wrong = 0, wrong_and_certain = 0, baseline = 0;
  bool operator==(const Counts&) const = default;
};
BOOST_DESCRIBE_STRUCT(Counts, (), (variants, right, unknown, wrong, wrong_and_certain, baseline))

struct Kept {
  std::map<std::string, Counts> causes;
};
BOOST_DESCRIBE_STRUCT(Kept, (), (causes))

Counts counts_of(const Tally& t) {
  return {t.variants, t.right, t.unknown, t.wrong, t.wrong_and_certain, t.baseline};
}

std::string row(const std::string& name, const Tally& t, const std::string& halves = "") {
  char line[200];
  std::snprintf(line, sizeof line, "%-28s %8d %6d %8d %6d %8d %9d%s\n", name.c_str(), t.variants, t.right,
                t.unknown, t.wrong, t.wrong_and_certain, t.baseline, halves.c_str());
  return line;
}

// Right of all in one half; `-`: the cause has no variant in it.
std::string of_half(const std::map<std::string, Tally>& causes, const std::string& cause) {
  auto tally = causes.find(cause);
  auto text = tally == causes.end()
                  ? std::string("-")
                  : std::to_string(tally->second.right) + "/" + std::to_string(tally->second.variants);
  return std::string(text.size() < 10 ? 10 - text.size() : 1, ' ') + text;
}

std::string share(int part, int whole) {
  char text[48];
  std::snprintf(text, sizeof text, "%d of %d (%.1f %%)", part, whole, whole ? 100.0 * part / whole : 0.0);
  return text;
}

std::string confidence_lines(const std::string& name, const Tally& t) {
  std::string out;
  for (const auto& [confidence, counts] : t.confidence)
    out += name + ": " + to_text(confidence) + " is right in " + share(counts.first, counts.second) + "\n";
  return out;
}

json::object confidence_json(const Tally& t) {
  json::object out;
  for (const auto& [confidence, counts] : t.confidence)
    out[to_text(confidence)] = json::object{{"right", counts.first}, {"claimed", counts.second}};
  return out;
}

json::value half_json(const Tally& t) {
  auto out = wire::to_json(counts_of(t)).get_object();
  out["fault_right"] = t.fault_right;
  out["fault_stated"] = t.fault_stated;
  out["confidence"] = confidence_json(t);
  return out;
}

std::string in_short(const Diagnosis& d) {
  return (d.package.empty() ? "" : d.package + (d.target.empty() ? "" : "/" + d.target) + ": ") +
         (d.test.empty() ? "" : d.test + ": ") + (d.code.empty() ? "" : d.code + " ") + to_text(d.cause) +
         ", " + to_text(d.confidence) + ", " + to_text(d.fault) +
         (d.subject.empty() ? "" : ", " + d.subject) + (d.cfg.empty() ? "" : " if " + d.cfg);
}

}  // namespace

std::string table(const Score& score) {
  std::string out =
      "cause                        variants  right  unknown  wrong  certain  baseline  developed  held "
      "out\n";
  for (const auto& [cause, tally] : score.causes)
    out += row(cause, tally,
               " " + of_half(score.development_causes, cause) + of_half(score.held_out_causes, cause));
  out += "\n" + row("development half", score.development) + row("held-out half", score.held_out) +
         row("all", score.all);
  out +=
      "certain: wrong and certain. baseline: right by the best table from first error codes to causes.\n\n";
  out += confidence_lines("development half", score.development) +
         confidence_lines("held-out half", score.held_out);
  out += "whose fault, of those right: development half " +
         share(score.development.fault_right, score.development.fault_stated) + ", held-out half " +
         share(score.held_out.fault_right, score.held_out.fault_stated) + "\n";
  return out;
}

json::value to_json(const Score& score) {
  json::object causes;
  for (const auto& [cause, tally] : score.causes) causes[cause] = wire::to_json(counts_of(tally));
  return json::object{{"all", half_json(score.all)},
                      {"causes", std::move(causes)},
                      {"development", half_json(score.development)},
                      {"held_out", half_json(score.held_out)}};
}

std::string explained(const Scored& one) {
  const auto& truth = one.variant->truth;
  std::string out =
      to_text(one.mark) + ": " + one.variant->full_name() + "\n  expected " + to_text(truth.cause);
  for (auto cause : truth.also) out += " or " + to_text(cause);
  out += ", " + to_text(truth.fault) + ", " + truth.subject +
         (truth.test.empty() ? "" : ", test " + truth.test) + ", at " + truth.stage + "\n";
  for (const auto& job : one.jobs) {
    if (!job.asked) continue;
    out += "  " + (job.cell.empty() ? job.kind : job.cell) + " " + job.stage + "\n";
    for (const auto* d : marked_findings(*one.variant, job)) {
      out += "    " + in_short(*d) + "\n      " + d->title + "\n";
      for (const auto& item : d->evidence) {
        auto where = item.file.empty() ? "" : item.file + ":" + std::to_string(item.line) + " ";
        out += "      | " + item.kind + " " + where + replace_all(item.text, "\n", "\n      |   ") + "\n";
      }
    }
  }
  return out;
}

std::string result_line(const Scored& one) {
  json::array jobs;
  for (const auto& job : one.jobs) {
    if (!job.asked) continue;
    json::array findings;
    for (const auto& d : job.diagnoses)
      findings.push_back(json::object{{"cause", to_text(d.cause)},
                                      {"confidence", to_text(d.confidence)},
                                      {"fault", to_text(d.fault)},
                                      {"package", d.package},
                                      {"target", d.target},
                                      {"test", d.test},
                                      {"code", d.code},
                                      {"subject", d.subject},
                                      {"cfg", d.cfg}});
    jobs.push_back(json::object{{"cell", job.cell}, {"stage", job.stage}, {"findings", std::move(findings)}});
  }
  return json::serialize(json::object{
      {"name", one.variant->full_name()}, {"mark", to_text(one.mark)}, {"jobs", std::move(jobs)}});
}

Result<Compared> compared(const json::value& kept, const Score& now) {
  Kept before;
  TRIPLED_TRY(wire::from_json(kept, before, "the kept score"));
  Compared out;
  for (const auto& [cause, was] : before.causes) {
    auto found = now.causes.find(cause);
    auto is = found == now.causes.end() ? Counts{} : counts_of(found->second);
    auto line = [&](const char* what, int from, int to) {
      return cause + ": " + what + " was " + std::to_string(from) + " and is " + std::to_string(to);
    };
    if (is.right < was.right) out.worse.push_back(line("right", was.right, is.right));
    if (is.wrong_and_certain > was.wrong_and_certain)
      out.worse.push_back(line("wrong and certain", was.wrong_and_certain, is.wrong_and_certain));
    if (is.right > was.right) out.better.push_back(line("right", was.right, is.right));
    if (is.wrong_and_certain < was.wrong_and_certain)
      out.better.push_back(line("wrong and certain", was.wrong_and_certain, is.wrong_and_certain));
  }
  for (const auto& [cause, tally] : now.causes)
    if (!before.causes.contains(cause)) out.better.push_back(cause + ": new in the corpus");
  return out;
}

}  // namespace tripled::corpus
