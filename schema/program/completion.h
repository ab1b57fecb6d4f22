// Completion scripts of a command line. Each is whole: none needs another program or package. Pure.
#pragma once
#include <string>

#include "schema/base/result.h"
#include "schema/program/command.h"

namespace tripled::program {

std::string bash_completion(const Command& root);
std::string zsh_completion(const Command& root);
std::string fish_completion(const Command& root);

// usage error: `shell` is none of bash, zsh, fish.
Result<std::string> completion_for(const std::string& shell, const Command& root);

// A program's name as part of a shell function's name.
std::string shell_identifier(const std::string& name);

}  // namespace tripled::program
