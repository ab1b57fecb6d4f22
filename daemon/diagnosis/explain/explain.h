// What sets the failing cells of one finding apart from the passing ones (DESIGN.md, "Words": explanation).
//
// The language. A literal is `attribute = value`, `attribute in {values}`, `attribute >= number`, or the
// negation of one. A predicate is up to three literals joined by `and`, or two such terms joined by `or`.
//
// Order. A cfg found in the evidence that separates the cells comes first. Then the smaller predicate: each
// literal costs 10, each further value of a set 5, a negation 2, a second term 4. Then attributes by how
// often they are the cause: endian, pointer width and atomics, page size, os and family, arch, env, abi and
// other words, vendor, target features. Then the text. The order of the cells never matters.
//
// Honesty. Two predicates that agree on every known triple, in every setting seen and in every setting one
// attribute away from it, are the same. `exactly` is claimed only where it is proven that every predicate of
// the whole language, with sets of any size, that agrees with the evidence agrees on every known triple too;
// the proof (exactness.h) does not rest on the search, which is bounded and may miss rivals. Nor is it
// claimed where one cell alone speaks for a value of a set, or for a part of a predicate of two terms or of
// three literals: one cell that went wrong by itself would make the same. `doubt` says why it is withheld.
//
// Pure; any thread. Nothing here can fail: what cannot be told is said in the answer.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "schema/model/reflect.h"
#include "schema/model/toolchain.h"

namespace tripled::diagnosis {

BOOST_DEFINE_ENUM_CLASS(CellState, failing, passing, unknown)

struct ExplainedCell {
  std::string id, triple;
  CellState state = CellState::unknown;
  std::string why;  // of unknown: "blocked by nix", "excluded", "flaky"; printed
  // Lines of `rustc --print cfg` under the cell's flags; `feature="x"` lines may stand among them.
  std::vector<std::string> cfg;
  std::string data_layout;  // for the alignments; empty: not known
  // Everything that is no cfg, by the words it is printed in: stage, toolchain, features, profile, lock
  // policy, runner, runner version, page size, std source. Where all values of a name are numbers it is
  // ordered. A name that a cell lacks equals nothing there.
  std::map<std::string, std::string> attributes;
};
BOOST_DESCRIBE_STRUCT(ExplainedCell, (), (id, triple, state, why, cfg, data_layout, attributes))

// Every triple rustc knows; those without cfg lines are passed over.
struct KnownTriples {
  std::vector<TripleFacts> triples;
};

// The triples that can reach the stage in question on a worker that is present.
struct Reachable {
  std::vector<std::string> triples;
};

struct CfgInEvidence {
  std::string source;  // a predicate: `cfg(windows)`, `#[cfg(unix)]`, `target.'cfg(unix)'.dependencies`
  std::string found;   // where: item, module, manifest section, with its place
};
BOOST_DESCRIBE_STRUCT(CfgInEvidence, (), (source, found))

// confirms: the cells fail exactly where it is on, or exactly where it is off. untestable: it is the same on
// all cells, or says something the cells do not tell.
BOOST_DEFINE_ENUM_CLASS(CfgAnswer, confirms, contradicts, untestable)

struct CfgJudgement {
  CfgInEvidence cfg;
  CfgAnswer answer = CfgAnswer::untestable;
  std::string predicate;  // where it fails, in cfg syntax, when confirmed
  std::string why;        // a counter-example, or why it cannot be tested
};
BOOST_DESCRIBE_STRUCT(CfgJudgement, (), (cfg, answer, predicate, why))

// nothing_tried: no cell is failing or passing. everywhere, nowhere: all known cells fail, pass. exactly: see
// above. fits: the search found no rival, but there is a doubt.
// ambiguous: rivals stand. none_found: no predicate of the language was found that separates the cells.
BOOST_DEFINE_ENUM_CLASS(Certainty, nothing_tried, everywhere, nowhere, exactly, fits, ambiguous, none_found)

struct RivalPredicate {
  std::string predicate;
  int cost = 0;
};
BOOST_DESCRIBE_STRUCT(RivalPredicate, (), (predicate, cost))

// Why cells say nothing, counted.
struct UnknownCells {
  std::string why;
  int cells = 0;
};
BOOST_DESCRIBE_STRUCT(UnknownCells, (), (why, cells))

struct Explanation {
  Certainty certainty = Certainty::nothing_tried;
  int failing = 0, passing = 0;
  std::vector<UnknownCells> unknown;   // most first
  std::string predicate;               // best one: rustc's cfg syntax, words beside it; empty: none
  int cost = 0;                        // of it
  std::string from_evidence;           // where the cfg was found that it is; empty: it comes from the search
  std::vector<RivalPredicate> rivals;  // at most five, smallest first
  std::string add_cell;                // a triple whose result would decide most; empty: none is in reach
  std::string add_with;                // settings it needs: "toolchain nightly"; empty: those of the cells
  std::vector<CfgJudgement> judgements;  // one for each cfg of the evidence, in the order given
  std::string near_miss;                 // of none_found: a predicate that nearly separates them
  std::vector<std::string> exceptions;   // cells (ids) that go against it
  std::string doubt;                     // of fits: why it is not `exactly`
  bool cut = false;                      // the search met a bound: there may be smaller rivals
};
BOOST_DESCRIBE_STRUCT(Explanation, (),
                      (certainty, failing, passing, unknown, predicate, cost, from_evidence, rivals, add_cell,
                       add_with, judgements, near_miss, exceptions, doubt, cut))

Explanation explain(const std::vector<ExplainedCell>& cells, const KnownTriples& known,
                    const std::vector<CfgInEvidence>& evidence, const Reachable& reachable);

// Lines for people, without a line end at the end; the first one is the explanation.
std::string to_text(const Explanation& explanation);

}  // namespace tripled::diagnosis
