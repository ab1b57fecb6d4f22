// The matrix of a command line: a file, or `--triple` alone; read and complete.
#pragma once
#include <string>

#include "daemon/app/service/planning.h"

namespace tripled::cli {

struct PlanArgs {
  std::string matrix;  // file; empty: the current directory with `triples`
  config::Narrowing narrowing;
  std::string toolchain;  // without a matrix; empty: `stable`, or `system` where there is no rustup
  std::size_t cell_limit = 5'000;
};

// config and usage errors carry the place.
Result<app::MatrixRequest> load(const PlanArgs& args);

}  // namespace tripled::cli
