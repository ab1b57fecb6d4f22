// The command line of `tripled`: parses, then calls the command.
#pragma once

namespace tripled::cli {

// The process's exit status: 2 for a command line that cannot be.
int run(int argc, char** argv);

}  // namespace tripled::cli
