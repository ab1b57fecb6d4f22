// What the worker and its shim tell each other. Worker -> shim: a spec (NUL-ended `key=value` fields in a
// memfd, since environments need not be UTF-8) and single letters on the control socket. Shim -> worker: one
// JSON line. Pure.
#pragma once
#include <string>
#include <string_view>

#include "workers/exec/process.h"

namespace tripled::exec {

// Descriptors of the shim.
inline constexpr int kControlFd = 3;
inline constexpr int kReportFd = 4;
inline constexpr int kSpecFd = 5;

// Requests on the control socket. End of file means kill.
inline constexpr char kTerminate = 'T';
inline constexpr char kKill = 'K';

struct ShimSpec {
  int worker_pid = 0;
  Command command;
  Limits limits;             // grace, open_files, file_size, nice, processes, memory
  std::string cgroups = {};  // JobCgroup::home() of the worker; empty: there are none
};
std::string encode_spec(const ShimSpec& spec);
Result<ShimSpec> decode_spec(std::string_view bytes);

// lost: the shim itself was attacked; text says how.
enum class RecordKind { exited, signalled, could_not_start, lost };

struct ExitRecord {
  RecordKind kind = RecordKind::lost;
  int code = 0;
  StartFailure start_failure = StartFailure::none;
  std::string text;
  std::string exceeded;  // the limit for which the shim ended the program
  bool asked = false;    // a request arrived before the program had ended by itself
  std::int64_t duration_us = 0;
  std::int64_t cpu_us = 0;
  std::uint64_t max_rss_bytes = 0;
  int leftover_killed = 0;
  int survivors = 0;
  std::vector<std::string> enforced;
};
std::string to_json_line(const ExitRecord& record);
Result<ExitRecord> parse_record(std::string_view line);

}  // namespace tripled::exec
