#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <thread>

#include "tests/bench/engine/measures.h"
#include "tests/bench/engine/played.h"
#include "tests/net/client.h"

namespace tripled::bench {
namespace {

using std::chrono::steady_clock;

double since(steady_clock::time_point then) {
  return std::chrono::duration<double>(steady_clock::now() - then).count();
}

double resident_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmRSS:", 0) == 0) return std::stod(line.substr(6)) / 1024;
  return 0;
}

// Of a sorted list.
double at(const std::vector<double>& sorted, double share) {
  return sorted.empty() ? 0
                        : sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

std::string quantiles(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  char text[160];
  std::snprintf(text, sizeof text, "{\"count\": %zu, \"p50\": %.3f, \"p99\": %.3f, \"max\": %.3f}",
                values.size(), at(values, 0.5), at(values, 0.99), at(values, 1));
  return text;
}

// Asks the daemon over HTTP again and again; how long each answer took.
class Prober {
 public:
  explicit Prober(std::uint16_t port)
      : thread_([this, port] {
          while (!stop_) {
            auto before = steady_clock::now();
            test::Client client(port);
            client.write("GET /status HTTP/1.1\r\nHost: h\r\n\r\n");
            if (client.status() == 200) milliseconds_.push_back(since(before) * 1000);
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
          }
        }) {}
  std::vector<double> finish() {
    stop_ = true;
    thread_.join();
    return milliseconds_;
  }

 private:
  std::atomic<bool> stop_ = false;
  std::vector<double> milliseconds_;
  std::thread thread_;
};

}  // namespace

void measure_farm(const std::filesystem::path& directory, int jobs, int workers, long tests) {
  const int cells = jobs / 4;
  Played played(directory);
  played.add_sweep(cells, {Stage::check, Stage::build, Stage::test_no_run, Stage::execute});
  AttemptResult result;
  result.process.outcome = Outcome::exited;
  result.runner.kind = RunnerKind::native;
  for (long i = 0; i < std::max(1L, tests / cells); ++i) {
    TestResult test;
    test.package = test.target = "sample";
    test.kind = "test";
    test.test = "module_" + std::to_string(i / 20) + "::case_" + std::to_string(i);
    result.tests.push_back(std::move(test));
  }
  const double idle = resident_mb();
  played.core->microseconds.clear();
  Prober prober(played.core->port());
  for (int i = 0; i < workers; ++i) played.add_worker("w" + std::to_string(i), 2);
  auto started = steady_clock::now();
  double peak = 0;
  std::size_t turns = 0;
  while (!played.finished()) {
    played.turn(4, [&](const sched::RunningBatch&) { return result; });
    if (++turns % 100 == 0) peak = std::max(peak, resident_mb());
  }
  const double seconds = since(started);
  auto answers = prober.finish();
  must(played.core->flush());
  const auto bytes = std::filesystem::file_size(played.core->database());
  const double stored = static_cast<double>(result.tests.size()) * cells;
  std::printf(
      "{\"jobs\": %zu, \"workers\": %d, \"seconds\": %.1f, \"message_us\": %s, \"http_ms\": %s, "
      "\"resident_mb\": "
      "{\"planned\": %.0f, \"peak\": %.0f}, \"database_mb\": %.1f, \"tests\": %.0f, \"tests_a_second\": "
      "%.0f, "
      "\"database_bytes_a_test\": %.1f, \"commits\": %llu}\n",
      played.jobs(), workers, seconds, quantiles(played.core->microseconds).c_str(),
      quantiles(answers).c_str(), idle, std::max(peak, resident_mb()), static_cast<double>(bytes) / 1e6,
      stored, stored / seconds, static_cast<double>(bytes) / stored,
      static_cast<unsigned long long>(played.core->commits()));
}

}  // namespace tripled::bench
