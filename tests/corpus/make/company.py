"""Locks, workers that are lost; and what nobody can explain."""

import fcntl
import glob
import os
import pathlib
import signal
import threading
import time

from make.common import *  # noqa: F403
from make.common import Cases, ident
from make.test_crates import STAGES, outside, unit_tests

cases = Cases()
ANY = ("fail", "broken", "blocked", "timeout")


# lock_contention -------------------------------------------------------------------------------------------------------------
@cases("lock_contention", "cargo-inside-build-script")
def _(c):
    p = c.pkg(
        package='build = "build.rs"\n',
        lib=c.n.filler(),
        build_rs=(
            "use std::{env, process::Command};\nfn main() {\n    let status ="
            ' Command::new(env::var("CARGO").unwrap()).args(["check", "--offline", "--manifest-path", "inner/Cargo.toml",'
            ' "--target"]).arg(env::var("TARGET").unwrap()).status().unwrap();\n    assert!(status.success());\n}\n'
        ),
    )
    c.file("inner/Cargo.toml", f'[package]\nname = "{c.n.crate()}"\nversion = "0.1.0"\nedition = "2021"\n\n[workspace]\n')
    c.file("inner/src/lib.rs", "")
    c.matrix([L64], ["check"], timeout="12s")
    c.truth(
        "a build script calls cargo on the same target dir and waits for its lock",
        "project",
        "build directory",
        [L64],
        [],
        package=p,
        verdicts=ANY,
        near=["test_hang"],
    )


@cases("lock_contention", "cargo-inside-build-script-of-dependency")
def _(c):
    dep = c.n.crate()
    c.pkg(
        dep,
        name=dep,
        package='build = "build.rs"\n',
        lib=c.n.filler(1),
        build_rs=(
            'use std::{env, process::Command};\nfn main() {\n    let mut cargo = Command::new(env::var("CARGO").unwrap());\n   '
            ' cargo.arg("build").arg("--offline").arg("--release").current_dir("helper");\n    cargo.env("CARGO_TARGET_DIR",'
            ' env::var("OUT_DIR").unwrap() + "/../../../..").env_remove("CARGO_BUILD_BUILD_DIR");\n    cargo.args(["--profile",'
            ' "dev"].iter().filter(|_| false));\n    let out = cargo.output().unwrap();\n    assert!(out.status.success(), "{}",'
            " String::from_utf8_lossy(&out.stderr));\n}\n".replace('.arg("--release")', "")
        ),
    )
    c.file(f"{dep}/helper/Cargo.toml", f'[package]\nname = "{c.n.crate()}"\nversion = "0.1.0"\nedition = "2021"\n\n[workspace]\n')
    c.file(f"{dep}/helper/src/lib.rs", "")
    c.name = None
    c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64], ["check"], timeout="12s")
    c.truth(
        "the build script of a dependency calls cargo and shows nothing of its waiting",
        "dependency",
        "build directory",
        [L64],
        [],
        package=dep,
        verdicts=ANY,
        also=["unknown"],
    )


def hold(pattern):
    """Takes the exclusive lock of the first file that matches as soon as whoever has it lets it go, and keeps it: as
    another cargo would."""

    def during(run, process):
        def hand():
            while process.poll() is None:
                for path in glob.glob(str(run.cache / pattern)):
                    with open(path) as file:
                        fcntl.flock(file, fcntl.LOCK_EX)
                        process.wait()
                    return
                time.sleep(0.005)

        threading.Thread(target=hand, daemon=True).start()

    return during


@cases("lock_contention", "another-cargo-on-the-target-dir")
def _(c):
    p, t = unit_tests(c, "assert!(true);")
    c.files["Cargo.toml"] = c.files["Cargo.toml"].replace("edition", 'build = "build.rs"\nedition', 1)
    c.file("build.rs", "fn main() {\n    std::thread::sleep(std::time::Duration::from_secs(3));\n}\n")
    c.matrix([L64], ["build", "test-no-run"], timeout="10s")
    c.during = hold(f"target/{c.name}-*/{L64}/debug/.cargo-*lock")
    c.truth(
        "another process has the lock of the build directory",
        "environment",
        "build directory",
        [L64],
        [],
        stage="test-no-run",
        package=p,
        verdicts=ANY,
        made="forced",
        note="the recorder holds cargo's lock file",
    )


@cases("lock_contention", "cargo-inside-test")
def _(c):
    p, t = outside(
        c,
        'let target = std::env::temp_dir().join("NAME");\nlet status = std::process::Command::new(env!("CARGO")).args(["check",'
        ' "--offline", "--manifest-path", "inner/Cargo.toml",'
        ' "--target-dir"]).arg(target).env_remove("CARGO_BUILD_BUILD_DIR").status().unwrap();\nassert!(status.success());'
        .replace("NAME", "tripled-corpus-inner"),
    )
    c.file("inner/Cargo.toml", f'[package]\nname = "{c.n.crate()}"\nversion = "0.1.0"\nedition = "2021"\n\n[workspace]\n')
    c.file("inner/src/lib.rs", "")

    def prepare(run):
        place = pathlib.Path("/tmp/tripled-corpus-inner/debug")
        place.mkdir(parents=True, exist_ok=True)
        locks = []
        for name in (".cargo-lock", ".cargo-build-lock", ".cargo-artifact-lock"):
            locks.append(open(place / name, "w"))
            fcntl.flock(locks[-1], fcntl.LOCK_EX)
        run.after += [lock.close for lock in locks]

    c.prepare = prepare
    c.matrix([L64], STAGES, no_output_timeout="8s")
    c.truth(
        "a test calls cargo, which waits for another one's lock",
        "environment",
        "build directory",
        [L64],
        [],
        stage="execute",
        package=p,
        test=t,
        verdicts=ANY,
        made="forced",
        also=["test_hang"],
        note="the recorder holds cargo's lock file",
    )


# worker_lost -----------------------------------------------------------------------------------------------------------------
def workers_of(process):
    """Process ids of the sweep's own workers."""
    out = []
    for path in glob.glob(f"/proc/{process.pid}/task/*/children"):
        try:
            for pid in pathlib.Path(path).read_text().split():
                if "tripled-worker" in pathlib.Path(f"/proc/{pid}/cmdline").read_text():
                    out.append(int(pid))
        except OSError:
            pass
    return out


def kill_workers(stage, times, number=signal.SIGKILL):
    """Ends the worker that runs a job of this stage, as often."""

    def during(run, process):
        def hand():
            import sqlite3

            killed, until = 0, time.time() + 200
            while killed < times and time.time() < until and process.poll() is None:
                time.sleep(0.1)
                try:
                    db = sqlite3.connect(f"file:{run.state}/tripled.db?mode=ro", uri=True)
                    running = db.execute("SELECT count(*) FROM jobs WHERE stage = ? AND state = 'running'", (stage,)).fetchone()[
                        0
                    ]
                    db.close()
                except sqlite3.Error:
                    continue
                if not running:
                    continue
                time.sleep(1)
                for pid in workers_of(process):
                    try:
                        os.kill(pid, number)
                        killed += 1
                    except OSError:
                        pass
                time.sleep(1)

        threading.Thread(target=hand, daemon=True).start()

    return during


@cases("worker_lost", "killed-while-it-tests")
def _(c):
    p, t = unit_tests(c, "std::thread::sleep(std::time::Duration::from_secs(40));")
    c.during = kill_workers("execute", 6)
    c.matrix([L64], STAGES)
    c.truth(
        "each worker that runs the tests is killed",
        "environment",
        "worker",
        [L64],
        [],
        stage="execute",
        package=p,
        verdicts=ANY,
        made="forced",
        note="SIGKILL from the recorder",
    )


@cases("worker_lost", "killed-while-it-compiles")
def _(c):
    p = c.pkg(
        package='build = "build.rs"\n',
        lib=c.n.filler(),
        build_rs="fn main() {\n    std::thread::sleep(std::time::Duration::from_secs(40));\n}\n",
    )
    c.during = kill_workers("check", 6)
    c.matrix([FBSD], ["check"])
    c.truth(
        "each worker that compiles is killed",
        "environment",
        "worker",
        [FBSD],
        [],
        package=p,
        verdicts=ANY,
        made="forced",
        note="SIGKILL from the recorder",
    )


@cases("worker_lost", "crash-of-the-worker")
def _(c):
    p, t = outside(c, "std::thread::sleep(std::time::Duration::from_secs(40));")
    c.during = kill_workers("execute", 6, signal.SIGSEGV)
    c.matrix([S390], STAGES)
    c.truth(
        "the worker crashes (SIGSEGV)",
        "environment",
        "worker",
        [S390],
        [],
        stage="execute",
        package=p,
        verdicts=ANY,
        made="forced",
        note="SIGSEGV from the recorder",
    )


# unknown ---------------------------------------------------------------------------------------------------------------------
@cases("unknown", "macro-says-no")
def _(c):
    dep, mac, words = c.n.crate(), c.n.fn(), f"{c.n.word()} {c.n.word()} {c.n.word()}"
    c.pkg(
        dep,
        name=dep,
        extra="[lib]\nproc-macro = true",
        lib=(
            f"extern crate proc_macro;\n#[proc_macro]\npub fn {mac}(_: proc_macro::TokenStream) -> proc_macro::TokenStream {{\n  "
            f'  panic!("{words}")\n}}\n'
        ),
    )
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"{ident(dep)}::{mac}!();\n")
    c.matrix([L64, RV], ["check"])
    c.truth("a macro panics with words that mean nothing", "project", words, [L64, RV], [], package=p)


@cases("unknown", "borrow-error")
def _(c):
    p = c.pkg(
        lib=(
            f"pub fn {c.n.fn()}(v: &mut Vec<String>) -> &String {{\n    let first = &v[0];\n    v.push(String::new());\n   "
            " first\n}\n"
        )
    )
    c.matrix([L64, FBSD], ["check"])
    c.truth("a plain error of borrowing that is the same everywhere", "project", "E0502", [L64, FBSD], [], package=p)


@cases("unknown", "type-error-everywhere")
def _(c):
    p = c.pkg(main=f'fn main() {{\n    let {c.n.word()}: Vec<u8> = "{c.n.word()}";\n}}\n')
    c.matrix([L64, L32, MAC], ["check"])
    c.truth(
        "a type error that has nothing to do with platforms",
        "project",
        "E0308",
        [L64, L32, MAC],
        [],
        package=p,
        near=["platform_type_differs"],
    )


@cases("unknown", "harness-exits-silently")
def _(c):
    t = c.n.fn()
    p = c.pkg(lib=c.n.filler(1), extra=f'[[test]]\nname = "{t}"\nharness = false')
    c.file(f"tests/{t}.rs", "fn main() {\n    std::process::exit(41);\n}\n")
    c.matrix([L64, A64], STAGES)
    c.truth("a harness of its own ends with 41 and says nothing", "project", t, [L64, A64], [], stage="execute", package=p)


@cases("unknown", "build-script-signal")
def _(c):
    p = c.pkg(package='build = "build.rs"\n', lib=c.n.filler(), build_rs="fn main() {\n    std::process::abort();\n}\n")
    c.matrix([L64], ["check"])
    c.truth(
        "a build script ends by SIGABRT without a word",
        "project",
        p,
        [L64],
        [],
        package=p,
        also=["build_script_failed"],
        verdicts=ANY,
    )
