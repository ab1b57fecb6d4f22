#include "daemon/cli/cli.h"

int main(int argc, char** argv) { return tripled::cli::run(argc, argv); }
