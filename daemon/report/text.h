// The report for a terminal: grid of triple x stage with both coverages, what failed, what is broken and how
// to cure it, what was expected. Pure.
#pragma once
#include <string>

#include "daemon/report/report.h"

namespace tripled::report {

struct TextOptions {
  bool colour = false;   // SGR sequences
  bool ascii = false;    // no sign outside ASCII of our own (the project's words stay)
  bool verbose = false;  // all of rustc's and the tests' words, every note, every triple by name
  int width = 80;        // columns; a grid that does not fit takes two lines a cell
};

std::string to_text(const Report& report, const TextOptions& options = {});

}  // namespace tripled::report
