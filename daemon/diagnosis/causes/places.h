// Definitions in the sources of the evidence and the cfg under which each is compiled. Internal to
// daemon/diagnosis/causes. Pure, thread-safe.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/diagnosis/causes/failure.h"
#include "daemon/diagnosis/causes/rust_source.h"

namespace tripled::diagnosis {

struct Place {
  std::string file;
  RustSource::Item item;
  const Package* owner = nullptr;
};

// Where `name` is defined in the failing package's files.
std::vector<Place> own_items(const Case& of, std::string_view name);
// The same in files of another package.
std::vector<Place> items_of(const Case& of, const Package& package, std::string_view name);

// All gates of a place: its own, of what surrounds it, of the modules that lead to its file.
std::vector<Gate> place_gates(const Case& of, const Place& place);
// The first predicate that keeps it from being compiled here; nullopt: none does. `perhaps`: one of which it
// is not known counts, too.
std::optional<std::string> gate_that_is_off(const Case& of, const Place& place, bool perhaps = false);
EvidenceItem place_item(const Place& place);

// Of the first `fn` in the lines.
std::string function_name(const RustSource& source, int from, int to);

}  // namespace tripled::diagnosis
