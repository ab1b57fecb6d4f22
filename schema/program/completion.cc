#include "schema/program/completion.h"

#include "schema/base/text.h"

namespace tripled::program {

std::string shell_identifier(const std::string& name) { return replace_all(name, "-", "_"); }

Result<std::string> completion_for(const std::string& shell, const Command& root) {
  if (shell == "bash") return bash_completion(root);
  if (shell == "zsh") return zsh_completion(root);
  if (shell == "fish") return fish_completion(root);
  return Error(ErrorKind::usage, "completion " + shell + ": expected bash, zsh or fish");
}

}  // namespace tripled::program
