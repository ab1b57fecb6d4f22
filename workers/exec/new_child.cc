#include "workers/exec/new_child.h"

#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace tripled::exec {
namespace {

// A sanitizer wants to know of every stack.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define TRIPLED_CHILD_SHARES_MEMORY 1
#endif

clone_args arguments_for(int cgroup) {
  clone_args out{};
  out.exit_signal = SIGCHLD;
  if (cgroup < 0) return out;
  out.flags = CLONE_INTO_CGROUP;
  out.cgroup = static_cast<__u64>(cgroup);
  return out;
}

#ifdef TRIPLED_CHILD_SHARES_MEMORY
// The C library has no call for clone3(2) with a function. The child comes back from the system call on an
// empty stack, so nothing but registers may be used until `run` is called: r12 and r13 are kept by the kernel
// and by every function.
pid_t child_in_our_memory(int cgroup, void (*run)(void*), void* argument) {
  alignas(16) static char stack[64 << 10];  // one child at a time: the caller is held up meanwhile
  auto arguments = arguments_for(cgroup);
  arguments.flags |= CLONE_VM | CLONE_VFORK;
  arguments.stack = reinterpret_cast<__u64>(stack);
  arguments.stack_size = sizeof stack;
  register void (*function)(void*) asm("r12") = run;
  register void* with asm("r13") = argument;
  long result = SYS_clone3;
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "mov %%r13, %%rdi\n\t"
      "call *%%r12\n\t"
      "hlt\n"
      "1:"
      : "+a"(result)
      : "D"(&arguments), "S"(sizeof arguments), "r"(function), "r"(with)
      : "rcx", "r11", "memory", "cc");
  if (result >= 0) return static_cast<pid_t>(result);
  errno = static_cast<int>(-result);
  return -1;
}
#endif

pid_t child_in_a_copy(int cgroup) {
  if (cgroup < 0) return ::fork();
  auto arguments = arguments_for(cgroup);
  return static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
}

}  // namespace

pid_t new_child(int cgroup, Memory memory, void (*run)(void*), void* argument) {
#ifdef TRIPLED_CHILD_SHARES_MEMORY
  if (memory == Memory::shared)
    if (const pid_t child = child_in_our_memory(cgroup, run, argument); child > 0) return child;
#else
  (void)memory;
#endif
  const pid_t child = child_in_a_copy(cgroup);
  if (child != 0) return child;
  run(argument);
  ::_exit(127);
}

}  // namespace tripled::exec
