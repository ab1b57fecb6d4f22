// tripled-shim: the shim (shim.h) as a program of its own. It is linked statically: one is started for every
// process of every job, and loading the worker's libraries each time would cost more than a small test.
#include <sys/prctl.h>

#include <cstdio>
#include <string_view>

#include "workers/exec/shim.h"

int main(int argc, char** argv) {
  ::prctl(PR_SET_NAME, "tripled-shim");  // it is started through a descriptor, whose number would be its name
  if (argc > 1 && std::string_view(argv[1]) == "shim") return tripled::exec::shim_main(argc, argv);
  std::fputs("tripled-shim: is started by tripled-worker only\n", stderr);
  return 2;
}
