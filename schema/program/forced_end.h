// The end of a program that is told a second time.
#pragma once

namespace tripled::program {

// From now on SIGINT and SIGTERM end this process at once, by that signal and with a line on stderr, wherever
// its threads are. To be called when the first of them was taken, with no other handler of them left.
void next_signal_ends_at_once();

}  // namespace tripled::program
