"""Failures of the surroundings: disk, memory, network, registry, locks, workers; and what nobody can explain."""
import fcntl
import glob
import hashlib
import http.server
import io
import json
import os
import pathlib
import signal
import subprocess
import tarfile
import threading
import time

from make.common import *  # noqa: F403
from make.common import Cases, ident
from make.tests import STAGES, outside, unit_tests

cases = Cases()
ANY = ("fail", "broken", "blocked", "timeout")


# disk_full -------------------------------------------------------------------------------------------------------------------
def small_disk(where, size):
    """`where`, below the cache (`cache/…`) or absolute, is a tmpfs of that size for the sweep alone."""
    def prepare(run):
        place = run.cache / where[6:] if where.startswith("cache/") else pathlib.Path(where)
        place.mkdir(parents=True, exist_ok=True)
        run.prefix = ["unshare", "-m", "sh", "-c", f"mount -t tmpfs -o size={size} tmpfs {place} && exec \"$@\"", "sh"]
    return prepare


@cases("disk_full", "rustc-writes")
def _(c):
    k = c.n.const()
    p = c.pkg(lib=f"pub static {k}: &[u8] = include_bytes!(\"data.bin\");\n{c.n.filler()}")
    c.file("src/data.bin", bytes(range(256)) * (4 << 12))
    c.prepare = small_disk("cache/target", "3m")
    c.matrix([L64], ["build"])
    c.truth("rustc cannot write an object", "environment", "No space left on device", [L64], [], stage="build", package=p, verdicts=ANY, note="a tmpfs of 3 MiB for target dirs")


@cases("disk_full", "build-script-writes")
def _(c):
    p = c.pkg(package='build = "build.rs"\n', lib=c.n.filler(), build_rs="fn main() {\n    let out = std::env::var(\"OUT_DIR\").unwrap();\n    std::fs::write(format!(\"{out}/table.bin\"), vec![1u8; 40 << 20]).unwrap();\n}\n")
    c.prepare = small_disk("cache/target", "24m")
    c.matrix([L64, FBSD], ["check"])
    c.truth("a build script fills OUT_DIR", "environment", "No space left on device", [L64, FBSD], [], package=p, verdicts=ANY, note="a tmpfs of 24 MiB for target dirs", near=["build_script_failed"])


@cases("disk_full", "linker-writes")
def _(c):
    p = c.pkg(main="#[used]\nstatic TABLE: [u8; 3 << 20] = *include_bytes!(\"table.bin\");\nfn main() {\n    println!(\"%s {}\", TABLE.len());\n}\n" % c.n.word())
    c.file("src/table.bin", bytes(range(256)) * (12 << 10))
    c.prepare = small_disk("cache/target", "5m")
    c.matrix([A64], ["build"])
    c.truth("the linker cannot write the executable", "environment", "No space left on device", [A64], [], stage="build", package=p, verdicts=ANY, note="a tmpfs of 5 MiB for target dirs", near=["linker_wrong"])


@cases("disk_full", "test-writes")
def _(c):
    p, t = unit_tests(c, "let path = \"/mnt/NAME.bin\";\nstd::fs::write(path, vec![1u8; 20 << 20]).unwrap();\nstd::fs::remove_file(path).unwrap();".replace("NAME", c.n.word()))
    c.prepare = small_disk("/mnt", "8m")
    c.matrix([L64, S390], STAGES)
    c.truth("a test fills a small file system", "environment", t, [L64, S390], [], stage="execute", package=p, test=t, verdicts=ANY, note="a tmpfs of 8 MiB", near=["test_panic"])


@cases("disk_full", "limit-of-file-size")
def _(c):
    p, t = outside(c, "let path = std::env::temp_dir().join(\"NAME.bin\");\nlet written = std::fs::write(&path, vec![1u8; 48 << 20]);\nlet _ = std::fs::remove_file(&path);\nwritten.unwrap();".replace("NAME", c.n.word()))
    c.prepare = lambda run: run.worker_options("--job-file", "'32 MiB'")
    c.matrix([L64], STAGES)
    c.truth("a file larger than a job may write", "environment", t, [L64], [], stage="execute", package=p, test=t, verdicts=ANY, also=["test_signal", "test_panic"], note="worker option --job-file")


# out_of_memory ---------------------------------------------------------------------------------------------------------------
def small_memory(size):
    """The sweep in a memory cgroup of its own (version 1): the kernel kills what grows past it."""
    def prepare(run):
        own = next(line.split(":", 2)[2].strip() for line in open("/proc/self/cgroup") if ":memory:" in line)
        for base in (f"/sys/fs/cgroup/memory{own}", "/sys/fs/cgroup/memory"):
            place = pathlib.Path(base) / f"tripled-corpus-{os.getpid()}"
            try:
                place.mkdir(exist_ok=True)
                break
            except OSError:
                continue
        (place / "memory.limit_in_bytes").write_text(str(size))
        run.prefix = ["sh", "-c", f"echo $$ > {place}/cgroup.procs && exec \"$@\"", "sh"]

        def remove():
            for _ in range(50):
                try:
                    place.rmdir()
                    return
                except OSError:
                    time.sleep(0.1)
        run.after.append(remove)
    return prepare


@cases("out_of_memory", "rustc-killed-by-kernel")
def _(c):
    k = c.n.const()
    p = c.pkg(lib=f"pub static {k}: [u64; 200 << 20] = {{\n    let mut x = [0u64; 200 << 20];\n    x[7] = 3;\n    x\n}};\n")
    c.prepare = small_memory(700 << 20)
    c.matrix([L64], ["build"])
    c.truth("the kernel kills rustc", "environment", "rustc", [L64], [], stage="build", package=p, verdicts=ANY, near=["compiler_crash"], note="a memory cgroup of 700 MiB")


@cases("out_of_memory", "test-over-limit-of-job")
def _(c):
    p, t = unit_tests(c, "let mut all = Vec::new();\nfor i in 0..64u64 {\n    all.push(vec![i as u8 + 1; 32 << 20]);\n    std::thread::sleep(std::time::Duration::from_millis(40));\n}\nassert_eq!(all.len(), 64);")
    c.prepare = lambda run: run.worker_options("--job-memory", "'384 MiB'")
    c.matrix([L64], STAGES)
    c.truth("a test takes more than a job may have", "environment", t, [L64], [], stage="execute", package=p, verdicts=ANY, note="worker option --job-memory")


@cases("out_of_memory", "allocation-fails-in-rustc")
def _(c):
    dep, mac = c.n.crate(), c.n.fn()
    c.pkg(dep, name=dep, extra="[lib]\nproc-macro = true", deps='libc = "0.2"', lib=f"extern crate proc_macro;\n#[proc_macro]\npub fn {mac}(_: proc_macro::TokenStream) -> proc_macro::TokenStream {{\n"
          "    let limit = libc::rlimit { rlim_cur: 900 << 20, rlim_max: 900 << 20 };\n    unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) };\n    let v = vec![1u8; 2 << 30];\n    format!(\"pub const N: usize = {};\", v.len()).parse().unwrap()\n}\n")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"{ident(dep)}::{mac}!();\n")
    c.matrix([L64, MAC], ["check"])
    c.truth("an allocation inside rustc fails", "environment", "rustc", [L64, MAC], [], package=p, verdicts=ANY, made="forced", also=["compiler_crash"], note="a macro sets the limit of address space")


@cases("out_of_memory", "test-allocation-fails")
def _(c):
    p, t = outside(c, "let v: Vec<u8> = vec![1; 3 << 30];\nassert_eq!(v.len(), 3 << 30);")
    c.matrix([L64], STAGES, raw="rules:\n  - match: triple = x86_64-*\n    runner: {name: small, kind: native, command: [prlimit, --as=1500000000]}")
    c.truth("a test's allocation fails and it aborts", "environment", t, [L64], [], stage="execute", package=p, test=t, verdicts=ANY, also=["test_signal"], note="runner prlimit --as")


@cases("out_of_memory", "linker-killed")
def _(c):
    p = c.pkg(package='build = "build.rs"\n', main="fn main() {}\n", build_rs="fn main() {\n    println!(\"cargo:rustc-link-arg=-Wl,--defsym=x=0\");\n}\n")
    c.file("bin/greedy-cc", "#!/bin/sh\n# Takes memory until it is killed, as a linker of a large program does.\nexec python3 -c 'x = []\nwhile True: x.append(bytearray(16 << 20))'\n", executable=True)
    c.file(".cargo/config.toml", f"[target.{S390}]\nlinker = \"bin/greedy-cc\"\n")
    c.prepare = small_memory(600 << 20)
    c.matrix([S390], ["build"])
    c.truth("the kernel kills the linker", "environment", "linker", [S390], [], stage="build", package=p, verdicts=ANY, made="played", near=["linker_wrong"], note="a linker that only takes memory, in a cgroup of 600 MiB")


# network ---------------------------------------------------------------------------------------------------------------------
@cases("network", "git-dependency-unreachable")
def _(c):
    dep = c.n.crate()
    p = c.pkg(deps=f'{dep} = {{ git = "http://127.0.0.1:9/{dep}.git" }}', lib=c.n.filler())
    c.matrix([L64], ["check"], toolchain="stable")
    c.truth("the server of a git dependency refuses", "environment", f"http://127.0.0.1:9/{dep}.git", [L64], [], stage="prepare", package=p, verdicts=ANY)


@cases("network", "name-of-git-server")
def _(c):
    dep, host = c.n.crate(), c.n.word() + ".invalid"
    p = c.pkg(deps=f'{dep} = {{ git = "https://{host}/{dep}.git", branch = "main" }}', lib=c.n.filler())
    c.file(".cargo/config.toml", "[net]\ngit-fetch-with-cli = true\nretry = 0\n")
    c.matrix([L64], ["check"])
    c.truth("the name of a git server does not resolve", "environment", host, [L64], [], stage="prepare", package=p, verdicts=ANY)


@cases("network", "build-script-downloads")
def _(c):
    p = c.pkg(package='build = "build.rs"\n', lib=c.n.filler(), build_rs="use std::process::Command;\nfn main() {\n    let out = std::env::var(\"OUT_DIR\").unwrap();\n    let status = Command::new(\"curl\").args([\"-fsSL\", \"http://127.0.0.1:9/model.tar.gz\", \"-o\"]).arg(format!(\"{out}/m.tar.gz\")).status().expect(\"curl\");\n    assert!(status.success(), \"download failed: {status}\");\n}\n")
    c.matrix([L64, MAC], ["check"])
    c.truth("a build script downloads and cannot connect", "environment", "curl", [L64, MAC], [], package=p, verdicts=ANY, also=["build_script_failed"])


@cases("network", "build-script-connects")
def _(c):
    dep, host = c.n.crate(), c.n.word() + ".invalid"
    c.pkg(dep, name=dep, package='build = "build.rs"\n', lib=c.n.filler(1), build_rs=f"use std::net::TcpStream;\nfn main() {{\n    if let Err(e) = TcpStream::connect(\"{host}:443\") {{\n        panic!(\"cannot fetch the schema: {{e}}\");\n    }}\n}}\n")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64], ["check"])
    c.truth("the build script of a dependency resolves a name in vain", "environment", host, [L64], [], package=dep, verdicts=ANY, also=["build_script_failed"])


# registry --------------------------------------------------------------------------------------------------------------------
class Registry:
    """A sparse registry on loopback with one crate; `fault` says how it fails."""

    def __init__(self, name, fault):
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w:gz") as tar:
            for path, text in (("Cargo.toml", f'[package]\nname = "{name}"\nversion = "1.0.0"\nedition = "2021"\n'), ("src/lib.rs", "pub fn one() -> u8 {\n    1\n}\n")):
                info = tarfile.TarInfo(f"{name}-1.0.0/{path}")
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text.encode()))
        crate = data.getvalue()
        digest = hashlib.sha256(crate).hexdigest()
        entry = json.dumps({"name": name, "vers": "1.0.0", "deps": [], "cksum": digest if fault != "checksum" else "0" * 64, "features": {}, "yanked": fault == "yanked"})

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                port = self.server.server_port
                if fault == "broken":
                    return self.reply(500, b"internal error\n")
                if self.path.endswith("config.json"):
                    return self.reply(200, json.dumps({"dl": f"http://127.0.0.1:{port}/dl/{{crate}}-{{version}}.crate"}).encode())
                if self.path.startswith("/dl/"):
                    return self.reply(404, b"no such crate\n") if fault == "download" else self.reply(200, crate)
                if self.path.endswith("/" + name) and fault != "absent":
                    return self.reply(200, entry.encode() + b"\n")
                return self.reply(404, b"not found\n")

            def reply(self, status, body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def own_registry(c, fault, dep):
    def prepare(run):
        registry = Registry(dep, fault)
        file = run.project / ".cargo/config.toml"
        file.write_text(file.read_text().replace("PORT", str(registry.port)))
        run.after.append(registry.server.shutdown)
    c.file(".cargo/config.toml", "[source.crates-io]\nreplace-with = \"ours\"\n\n[source.ours]\nregistry = \"sparse+http://127.0.0.1:PORT/index/\"\n\n[net]\nretry = 0\n")
    c.prepare = prepare


for _variant, _fault, _words in (("server-error", "broken", "the index answers with 500"), ("download-404", "download", "the index has the crate, its file is gone"),
                                 ("checksum", "checksum", "the file has another checksum than the index says"), ("crate-absent", "absent", "the registry does not have the crate")):
    @cases("registry", _variant)
    def _(c, fault=_fault, words=_words):
        dep = c.n.crate()
        p = c.pkg(deps=f'{dep} = "1"', lib=c.n.filler(1))
        own_registry(c, fault, dep)
        c.matrix([L64], ["check"])
        c.truth(words, "environment", dep, [L64], [], stage="prepare", package=p, verdicts=ANY, also=["resolver_failed"] if fault == "absent" else [])


@cases("registry", "refused")
def _(c):
    dep = c.n.crate()
    p = c.pkg(deps=f'{dep} = "1"', lib=c.n.filler(1))
    c.file(".cargo/config.toml", "[source.crates-io]\nreplace-with = \"ours\"\n\n[source.ours]\nregistry = \"sparse+http://127.0.0.1:9/\"\n\n[net]\nretry = 0\n")
    c.matrix([L64, S390], ["check"])
    c.truth("nothing listens where the registry is said to be", "environment", "http://127.0.0.1:9/", [L64, S390], [], stage="prepare", package=p, verdicts=ANY, also=["network"])


# lock_contention -------------------------------------------------------------------------------------------------------------
@cases("lock_contention", "cargo-inside-build-script")
def _(c):
    p = c.pkg(package='build = "build.rs"\n', lib=c.n.filler(), build_rs="use std::{env, process::Command};\nfn main() {\n    let status = Command::new(env::var(\"CARGO\").unwrap()).args([\"check\", \"--offline\", \"--manifest-path\", \"inner/Cargo.toml\", \"--target\"]).arg(env::var(\"TARGET\").unwrap()).status().unwrap();\n    assert!(status.success());\n}\n")
    c.file("inner/Cargo.toml", f"[package]\nname = \"{c.n.crate()}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n")
    c.file("inner/src/lib.rs", "")
    c.matrix([L64], ["check"], timeout="12s")
    c.truth("a build script calls cargo on the same target dir and waits for its lock", "project", "build directory", [L64], [], package=p, verdicts=ANY, near=["test_hang"])


@cases("lock_contention", "cargo-inside-build-script-of-dependency")
def _(c):
    dep = c.n.crate()
    c.pkg(dep, name=dep, package='build = "build.rs"\n', lib=c.n.filler(1), build_rs="use std::{env, process::Command};\nfn main() {\n    let mut cargo = Command::new(env::var(\"CARGO\").unwrap());\n    cargo.arg(\"build\").arg(\"--offline\").arg(\"--release\").current_dir(\"helper\");\n"
          "    cargo.env(\"CARGO_TARGET_DIR\", env::var(\"OUT_DIR\").unwrap() + \"/../../../..\").env_remove(\"CARGO_BUILD_BUILD_DIR\");\n    cargo.args([\"--profile\", \"dev\"].iter().filter(|_| false));\n    let out = cargo.output().unwrap();\n    assert!(out.status.success(), \"{}\", String::from_utf8_lossy(&out.stderr));\n}\n".replace(".arg(\"--release\")", ""))
    c.file(f"{dep}/helper/Cargo.toml", f"[package]\nname = \"{c.n.crate()}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n")
    c.file(f"{dep}/helper/src/lib.rs", "")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64], ["check"], timeout="12s")
    c.truth("the build script of a dependency calls cargo and shows nothing of its waiting", "dependency", "build directory", [L64], [], package=dep, verdicts=ANY, also=["unknown"])


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
    c.files["Cargo.toml"] = c.files["Cargo.toml"].replace("edition", "build = \"build.rs\"\nedition", 1)
    c.file("build.rs", "fn main() {\n    std::thread::sleep(std::time::Duration::from_secs(3));\n}\n")
    c.matrix([L64], ["build", "test-no-run"], timeout="10s")
    c.during = hold(f"target/{c.name}-*/{L64}/debug/.cargo-*lock")
    c.truth("another process has the lock of the build directory", "environment", "build directory", [L64], [], stage="test-no-run", package=p, verdicts=ANY, made="forced", note="the recorder holds cargo's lock file")


@cases("lock_contention", "cargo-inside-test")
def _(c):
    p, t = outside(c, "let target = std::env::temp_dir().join(\"NAME\");\nlet status = std::process::Command::new(env!(\"CARGO\")).args([\"check\", \"--offline\", \"--manifest-path\", \"inner/Cargo.toml\", \"--target-dir\"]).arg(target).env_remove(\"CARGO_BUILD_BUILD_DIR\").status().unwrap();\nassert!(status.success());".replace("NAME", "tripled-corpus-inner"))
    c.file("inner/Cargo.toml", f"[package]\nname = \"{c.n.crate()}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n")
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
    c.truth("a test calls cargo, which waits for another one's lock", "environment", "build directory", [L64], [], stage="execute", package=p, test=t, verdicts=ANY, made="forced", also=["test_hang"], note="the recorder holds cargo's lock file")


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
                    running = db.execute("SELECT count(*) FROM jobs WHERE stage = ? AND state = 'running'", (stage,)).fetchone()[0]
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
    c.truth("each worker that runs the tests is killed", "environment", "worker", [L64], [], stage="execute", package=p, verdicts=ANY, made="forced", note="SIGKILL from the recorder")


@cases("worker_lost", "killed-while-it-compiles")
def _(c):
    p = c.pkg(package='build = "build.rs"\n', lib=c.n.filler(), build_rs="fn main() {\n    std::thread::sleep(std::time::Duration::from_secs(40));\n}\n")
    c.during = kill_workers("check", 6)
    c.matrix([FBSD], ["check"])
    c.truth("each worker that compiles is killed", "environment", "worker", [FBSD], [], package=p, verdicts=ANY, made="forced", note="SIGKILL from the recorder")


@cases("worker_lost", "crash-of-the-worker")
def _(c):
    p, t = outside(c, "std::thread::sleep(std::time::Duration::from_secs(40));")
    c.during = kill_workers("execute", 6, signal.SIGSEGV)
    c.matrix([S390], STAGES)
    c.truth("the worker crashes (SIGSEGV)", "environment", "worker", [S390], [], stage="execute", package=p, verdicts=ANY, made="forced", note="SIGSEGV from the recorder")


# unknown ---------------------------------------------------------------------------------------------------------------------
@cases("unknown", "macro-says-no")
def _(c):
    dep, mac, words = c.n.crate(), c.n.fn(), f"{c.n.word()} {c.n.word()} {c.n.word()}"
    c.pkg(dep, name=dep, extra="[lib]\nproc-macro = true", lib=f"extern crate proc_macro;\n#[proc_macro]\npub fn {mac}(_: proc_macro::TokenStream) -> proc_macro::TokenStream {{\n    panic!(\"{words}\")\n}}\n")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"{ident(dep)}::{mac}!();\n")
    c.matrix([L64, RV], ["check"])
    c.truth("a macro panics with words that mean nothing", "project", words, [L64, RV], [], package=p)


@cases("unknown", "borrow-error")
def _(c):
    p = c.pkg(lib=f"pub fn {c.n.fn()}(v: &mut Vec<String>) -> &String {{\n    let first = &v[0];\n    v.push(String::new());\n    first\n}}\n")
    c.matrix([L64, FBSD], ["check"])
    c.truth("a plain error of borrowing that is the same everywhere", "project", "E0502", [L64, FBSD], [], package=p)


@cases("unknown", "type-error-everywhere")
def _(c):
    p = c.pkg(main=f"fn main() {{\n    let {c.n.word()}: Vec<u8> = \"{c.n.word()}\";\n}}\n")
    c.matrix([L64, L32, MAC], ["check"])
    c.truth("a type error that has nothing to do with platforms", "project", "E0308", [L64, L32, MAC], [], package=p, near=["platform_type_differs"])


@cases("unknown", "harness-exits-silently")
def _(c):
    t = c.n.fn()
    p = c.pkg(lib=c.n.filler(1), extra=f"[[test]]\nname = \"{t}\"\nharness = false")
    c.file(f"tests/{t}.rs", "fn main() {\n    std::process::exit(41);\n}\n")
    c.matrix([L64, A64], STAGES)
    c.truth("a harness of its own ends with 41 and says nothing", "project", t, [L64, A64], [], stage="execute", package=p)


@cases("unknown", "build-script-signal")
def _(c):
    p = c.pkg(package='build = "build.rs"\n', lib=c.n.filler(), build_rs="fn main() {\n    std::process::abort();\n}\n")
    c.matrix([L64], ["check"])
    c.truth("a build script ends by SIGABRT without a word", "project", p, [L64], [], package=p, also=["build_script_failed"], verdicts=ANY)
