// Log lines of a program, on standard error.
#pragma once
#include <string>

namespace tripled::program {

// Sets spdlog's default logger. Where standard error is the journal's (JOURNAL_STREAM, systemd.exec(5)):
// lines without a time, which the journal has, and with their priority in front (`<6>`, sd-daemon(3)).
void log_to_stderr(const std::string& name);

}  // namespace tripled::program
