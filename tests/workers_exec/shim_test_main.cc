// main() of test programs that run processes through tripled_exec: it becomes the shim where it is started as
// one, and the named helper process where a test has registered one.
#include "tests/workers_exec/shim_test_main.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "workers/exec/shim.h"

namespace tripled::test {
namespace {

std::map<std::string, HelperMain>& helpers() {
  static std::map<std::string, HelperMain> all;
  return all;
}

}  // namespace

bool register_helper(const std::string& name, HelperMain helper) {
  return helpers().emplace(name, helper).second;
}

}  // namespace tripled::test

int main(int argc, char** argv) {
  if (auto status = tripled::exec::dispatch_shim(argc, argv)) return *status;
  if (argc > 1) {
    auto found = tripled::test::helpers().find(argv[1]);
    if (found != tripled::test::helpers().end()) return found->second(argc, argv);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
