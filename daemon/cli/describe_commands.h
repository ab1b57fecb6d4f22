// What the command line says of itself: completion scripts and man pages.
#pragma once
#include <string>

#include "schema/program/command.h"

namespace tripled::cli {

int run_completion(const std::string& shell, const program::Command& root);

struct ManCommand {
  std::string date;    // YYYY-MM-DD
  std::string schema;  // of the settings: their page; empty: the page of the program
};
int run_man(const ManCommand& command, const program::Command& root);

}  // namespace tripled::cli
