// Helper processes of a test program: `<program> <name> …` runs the function instead of the tests.
#pragma once
#include <string>

namespace tripled::test {

using HelperMain = int (*)(int argc, char** argv);
// At namespace scope: `const bool registered = register_helper("name", &function);`
bool register_helper(const std::string& name, HelperMain helper);

}  // namespace tripled::test
