// engine_bench no-op DIRECTORY WORKER JOBS | engine_bench farm DIRECTORY JOBS WORKERS TESTS; see
// tests/bench/daemon.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "tests/bench/engine/measures.h"

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  try {
    if (what == "no-op" && argc == 5)
      return tripled::bench::measure_no_op(argv[2], argv[3], std::atoi(argv[4])), 0;
    if (what == "farm" && argc == 6)
      return tripled::bench::measure_farm(argv[2], std::atoi(argv[3]), std::atoi(argv[4]),
                                          std::atol(argv[5])),
             0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "engine_bench: %s\n", error.what());
    return 1;
  }
  std::fprintf(stderr, "engine_bench: see tests/bench/daemon\n");
  return 2;
}
