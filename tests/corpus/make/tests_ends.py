"""Tests that end in another way than by their verdict, or never begin."""

from make.common import *  # noqa: F403
from make.common import Cases
from make.test_crates import STAGES, outside, unit_tests

cases = Cases()


# test_signal -----------------------------------------------------------------------------------------------------------------
@cases("test_signal", "null-pointer")
def _(c):
    p, t = unit_tests(
        c, "let p = std::hint::black_box(16usize) as *const u8;\nlet x = unsafe { p.read_volatile() };\nassert_eq!(x, 0);"
    )
    c.matrix([L64, A64], STAGES)
    c.truth("SIGSEGV in a test", "project", t, [L64, A64], [], stage="execute", package=p, test=t)


@cases("test_signal", "abort")
def _(c):
    p, t = unit_tests(
        c,
        'struct Bomb;\nimpl Drop for Bomb {\n    fn drop(&mut self) {\n        panic!("second");\n    }\n}\nlet _b ='
        ' Bomb;\npanic!("first");',
    )
    c.matrix([L64, S390], STAGES)
    c.truth(
        "a panic while panicking: SIGABRT", "project", t, [L64, S390], [], stage="execute", package=p, test=t, near=["test_panic"]
    )


@cases("test_signal", "illegal-instruction")
def _(c):
    p, t = outside(
        c,
        '#[cfg(target_arch = "x86_64")]\nunsafe {\n    std::arch::asm!("ud2");\n}\n#[cfg(target_arch = "aarch64")]\nunsafe {\n   '
        ' std::arch::asm!("udf #0");\n}',
    )
    c.matrix([L64, A64], STAGES)
    c.truth(
        "SIGILL in an integration test",
        "project",
        t,
        [L64, A64],
        [],
        stage="execute",
        package=p,
        test=t,
        near=["emulator_cpu_model"],
    )


@cases("test_signal", "stack-overflow")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(
        c,
        f"assert!({f}(std::hint::black_box(u64::MAX)) > 0);",
        lib=(
            f"#[allow(unconditional_recursion)]\npub fn {f}(n: u64) -> u64 {{\n    let pad = std::hint::black_box([n; 64]);\n   "
            f" {f}(n - 1) + pad[3]\n}}\n"
        ),
    )
    c.matrix([L64, ARM], STAGES)
    c.truth("stack overflow", "project", t, [L64, ARM], [], stage="execute", package=p, test=t)


# test_timeout ----------------------------------------------------------------------------------------------------------------
@cases("test_timeout", "busy-and-talking")
def _(c):
    p, t = unit_tests(
        c,
        'let start = std::time::Instant::now();\nwhile start.elapsed().as_secs() < 600 {\n    eprintln!("step {:?}",'
        ' start.elapsed());\n    println!("step {:?}", start.elapsed());\n   '
        " std::thread::sleep(std::time::Duration::from_millis(200));\n}",
    )
    c.matrix([L64], STAGES, timeout="6s", tests={"args": ["--nocapture"]})
    c.truth(
        "goes on, with output, past its limit", "project", t, [L64], [], stage="execute", package=p, test=t, verdicts=("timeout",)
    )


@cases("test_timeout", "many-slow-tests")
def _(c):
    tests = "\n".join(
        f"#[test]\nfn step_{i:02}() {{\n    std::thread::sleep(std::time::Duration::from_millis(900));\n}}\n" for i in range(24)
    )
    p = c.pkg(lib=c.n.filler(1) + "\n" + tests)
    c.matrix([L64], STAGES, timeout="5s", tests={"threads": 1})
    c.truth(
        "each test is quick enough, all of them are not",
        "project",
        p,
        [L64],
        [],
        stage="execute",
        package=p,
        verdicts=("timeout",),
    )


@cases("test_timeout", "emulated-alone")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(
        c,
        f'assert!({f}(std::hint::black_box(100_000_000)) > 0.0);\neprintln!("x");',
        lib=(
            f"pub fn {f}(n: u32) -> f64 {{\n    let mut x = 2.0f64;\n    for _ in 0..n {{\n        x = (x * 1.000_001 +"
            " 1.5).sqrt();\n    }\n    x\n}\n"
        ),
    )
    c.matrix([L64, S390], STAGES, raw="rules:\n  - match: emulated\n    timeout: 2s")
    c.truth(
        "quick natively, too slow under the emulator",
        "emulator",
        t,
        [S390],
        [L64],
        stage="execute",
        package=p,
        test=t,
        verdicts=("timeout",),
        also=["test_time"],
    )


# test_hang -------------------------------------------------------------------------------------------------------------------
@cases("test_hang", "deadlock")
def _(c):
    p, t = unit_tests(c, "let m = std::sync::Mutex::new(1);\nlet _a = m.lock().unwrap();\nlet _b = m.lock().unwrap();")
    c.matrix([L64, A64], STAGES, no_output_timeout="4s")
    c.truth(
        "locks a mutex twice",
        "project",
        t,
        [L64, A64],
        [],
        stage="execute",
        package=p,
        test=t,
        verdicts=("timeout",),
        near=["test_timeout"],
    )


@cases("test_hang", "spinning")
def _(c):
    k = c.n.const()
    p, t = unit_tests(
        c,
        f"while !{k}.load(std::sync::atomic::Ordering::Relaxed) {{\n    std::hint::spin_loop();\n}}",
        lib=f"pub static {k}: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);\n",
    )
    c.matrix([L64], STAGES, no_output_timeout="4s")
    c.truth(
        "waits for a flag that nobody sets, at full speed",
        "project",
        t,
        [L64],
        [],
        stage="execute",
        package=p,
        test=t,
        verdicts=("timeout",),
    )


@cases("test_hang", "waits-for-input-of-pipe")
def _(c):
    p, t = outside(
        c,
        "use std::io::Read;\nlet (mut r, w) = std::io::pipe().unwrap();\nlet mut text = String::new();\nr.read_to_string(&mut"
        " text).unwrap();\ndrop(w);\nassert!(text.is_empty());",
    )
    c.matrix([L64, S390], STAGES, no_output_timeout="4s")
    c.truth(
        "reads a pipe whose other end it holds itself",
        "project",
        t,
        [L64, S390],
        [],
        stage="execute",
        package=p,
        test=t,
        verdicts=("timeout",),
    )


@cases("test_hang", "child-that-sleeps")
def _(c):
    p, t = unit_tests(
        c, 'let status = std::process::Command::new("sleep").arg("3000").status().unwrap();\nassert!(status.success());'
    )
    c.matrix([L64], STAGES, no_output_timeout="4s")
    c.truth("waits for a child that sleeps", "project", t, [L64], [], stage="execute", package=p, test=t, verdicts=("timeout",))


# never_executed --------------------------------------------------------------------------------------------------------------
@cases("never_executed", "runner-not-there")
def _(c):
    name = c.n.word() + "-run"
    p, _t = unit_tests(c, "assert!(true);")
    c.matrix(
        [L64, S390],
        STAGES,
        raw=f"rules:\n  - match: triple = {S390}\n    runner: {{name: {name}, kind: emulated, command: [/opt/{name}]}}",
    )
    c.truth(
        "the matrix names a runner that is not there",
        "environment",
        name,
        [S390],
        [L64],
        stage="execute",
        package=p,
        verdicts=("broken", "blocked"),
    )


@cases("never_executed", "no-runner-for-triple")
def _(c):
    p, _t = unit_tests(c, "assert!(true);")
    c.matrix([L64, A64], STAGES, raw=f"rules:\n  - match: triple = {A64}\n    run: native")
    c.truth(
        "only native execution allowed, and this machine is another",
        "environment",
        A64,
        [A64],
        [L64],
        stage="execute",
        package=p,
        verdicts=("broken", "blocked"),
    )


@cases("never_executed", "does-not-compile")
def _(c):
    p, _t = unit_tests(c, 'let x: u8 = "a";\nassert_eq!(x, 1);')
    c.matrix([L64], STAGES)
    c.truth(
        "nothing was built, so nothing ran",
        "project",
        p,
        [L64],
        [],
        stage="execute",
        package=p,
        verdicts=("blocked",),
        also=["test_build_only"],
    )


@cases("never_executed", "harness-exits-before")
def _(c):
    t = c.n.fn()
    p = c.pkg(lib=c.n.filler(1), extra=f'[[test]]\nname = "{t}"\nharness = false')
    c.file(f"tests/{t}.rs", 'fn main() {\n    eprintln!("no device attached");\n    std::process::exit(77);\n}\n')
    c.matrix([L64, RV], STAGES)
    c.truth(
        "a harness of its own gives up before its first test",
        "project",
        t,
        [L64, RV],
        [],
        stage="execute",
        package=p,
        test=t,
        also=["unknown", "test_panic"],
    )
