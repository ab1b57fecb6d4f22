#include "workers/probe/program.h"

namespace tripled::probe {

const std::string_view kRustProbe = R"rust(
use std::process::Command;
use std::sync::{Arc, Mutex};

#[cfg(unix)]
mod unix {
    extern "C" {
        fn fork() -> i32;
        fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
        fn _exit(code: i32) -> !;
    }
    pub fn fork_and_wait() -> bool {
        unsafe {
            let child = fork();
            if child == 0 {
                _exit(7);
            }
            let mut status = 0;
            child > 0 && waitpid(child, &mut status, 0) == child && (status >> 8) & 0xff == 7
        }
    }
}
#[cfg(not(unix))]
mod unix {
    pub fn fork_and_wait() -> bool {
        false
    }
}

fn threads() -> bool {
    let sum = Arc::new(Mutex::new(0u32));
    for _ in 0..4 {
        let mut all = Vec::new();
        for _ in 0..8 {
            let sum = sum.clone();
            all.push(std::thread::spawn(move || *sum.lock().unwrap() += 1));
        }
        for thread in all {
            thread.join().unwrap();
        }
    }
    let total = *sum.lock().unwrap();
    total == 32
}

fn main() {
    let what = std::env::args().nth(1).unwrap_or_else(|| "hello".to_string());
    let good = match what.as_str() {
        "hello" => true,
        "threads" => threads(),
        "fork" => unix::fork_and_wait(),
        "spawn" => match Command::new("/nonexistent/tripled-probe").spawn() {
            Err(_) => true,
            Ok(mut child) => {
                let _ = child.wait();
                std::process::exit(3);
            }
        },
        _ => false,
    };
    if !good {
        std::process::exit(1);
    }
    println!("{} ok", what);
}
)rust";

const std::string_view kRustCoreProbe = R"rust(
#![no_std]
#![no_main]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
#[no_mangle]
pub extern "C" fn _start() -> ! {
    loop {}
}
)rust";

const std::string_view kCProbe = R"c(
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int sum;

static void *add(void *unused) {
  pthread_mutex_lock(&lock);
  ++sum;
  pthread_mutex_unlock(&lock);
  return unused;
}

static int threads(void) {
  int round, i;
  for (round = 0; round < 4; ++round) {
    pthread_t all[8];
    for (i = 0; i < 8; ++i)
      if (pthread_create(&all[i], 0, add, 0) != 0) return 0;
    for (i = 0; i < 8; ++i) pthread_join(all[i], 0);
  }
  return sum == 32;
}

static int fork_and_wait(void) {
  int status = 0;
  pid_t child = fork();
  if (child == 0) _exit(7);
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7;
}

static int spawn_is_refused(void) {
  char name[] = "/nonexistent/tripled-probe";
  char *argv[] = {name, 0};
  char *envp[] = {0};
  pid_t child = 0;
  int status;
  if (posix_spawn(&child, name, 0, 0, argv, envp) != 0) return 1;
  waitpid(child, &status, 0);
  return 0;
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "hello";
  int good = 0;
  if (strcmp(what, "hello") == 0) good = 1;
  if (strcmp(what, "threads") == 0) good = threads();
  if (strcmp(what, "fork") == 0) good = fork_and_wait();
  if (strcmp(what, "spawn") == 0 && !spawn_is_refused()) return 3;
  if (strcmp(what, "spawn") == 0) good = 1;
  if (!good) return 1;
  printf("%s ok\n", what);
  return 0;
}
)c";

const std::string_view kCHelloProbe = R"c(
#include <stdio.h>

int main(int argc, char **argv) {
  if (argc > 1 && argv[1][0] != 'h') return 1;
  puts("hello ok");
  return 0;
}
)c";

}  // namespace tripled::probe
