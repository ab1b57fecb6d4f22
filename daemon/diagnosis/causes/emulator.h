// What only an emulator says, whatever the code does (field experience with QEMU's user mode). Internal to
// daemon/diagnosis/causes. Pure, thread-safe.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "schema/model/diagnosis.h"

namespace tripled::diagnosis {

struct EmulatorSign {
  Cause cause;
  Confidence confidence;
  std::string title, line;  // the line of the text that says it
};
// `text`: what a test, or its executable, printed under an emulator. nullopt: nothing of the kind.
std::optional<EmulatorSign> emulator_sign(std::string_view text);

bool is_of_emulator(Cause cause);

}  // namespace tripled::diagnosis
