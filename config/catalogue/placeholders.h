// `<cross>`, `<debian>` and `<triple>` in a catalogue entry's values. `<sysroot>` stays: it is filled in by
// whoever chooses the sysroot. Pure.
#pragma once
#include <string>

#include "schema/base/result.h"
#include "schema/model/catalogue.h"

namespace tripled::config {

// Fills in the entry's names, lists and packages. The error has no place, the caller knows it.
Status fill_placeholders(CatalogueEntry& entry);

}  // namespace tripled::config
