// Runs independent pieces of work on a few threads: asking several rustcs, or one about many triples.
#pragma once
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace tripled::toolchain {

// work(0) … work(count - 1), each once, on the caller's thread and others; returns when all are done. `work`
// must not throw.
template <class Work>
void in_parallel(std::size_t count, const Work& work) {
  std::atomic<std::size_t> next = 0;
  auto loop = [&] {
    for (auto i = next++; i < count; i = next++) work(i);
  };
  std::size_t cores = std::thread::hardware_concurrency();
  std::size_t threads = cores < 2 ? 2 : cores;
  if (threads > count) threads = count;
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(loop);
  loop();
}

}  // namespace tripled::toolchain
