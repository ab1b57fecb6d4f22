// A recorded failure and the truth about it (tests/corpus/README.md, "Form").
#pragma once
#include <boost/json.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "schema/model/diagnosis.h"

namespace tripled::corpus {

namespace json = boost::json;

struct Truth {
  Cause cause = Cause::unknown;
  std::vector<Cause> also;
  Fault fault = Fault::unknown;  // unknown: not stated
  std::string subject, package, test, stage;
  std::vector<std::string> failing;  // triples, or ids of cells
  std::vector<std::string> verdicts;

  bool accepts(Cause answer) const;
};

struct Variant {
  std::string cause, name;  // as in the file's name, with underscores
  bool held_out = false;
  Truth truth;
  json::value document;

  std::string full_name() const { return cause + "/" + name; }
};

// The recorded document and its truth as JSON; protocol error: what the form asks for is not there.
Result<Variant> variant_of(json::value document, const json::value& truth);

// recorded/CAUSE/VARIANT.json.zst, sorted by name. `only`: a cause; empty: all.
Result<std::vector<Variant>> read_recorded(const std::filesystem::path& directory, const std::string& only);

// Every second variant of a cause, in the order of a hash of the full name, is held out: rules are mended by
// looking at the others. Decided over the whole cause, so `variants` must hold all of it.
void hold_out_half(std::vector<Variant>& variants);

}  // namespace tripled::corpus
