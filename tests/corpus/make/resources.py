"""Disk and memory."""

import os
import pathlib
import time

from make.common import *  # noqa: F403
from make.common import Cases, ident
from make.test_crates import STAGES, outside, unit_tests

cases = Cases()
ANY = ("fail", "broken", "blocked", "timeout")


# disk_full -------------------------------------------------------------------------------------------------------------------
def small_disk(where, size):
    """`where`, below the cache (`cache/…`) or absolute, is a tmpfs of that size for the sweep alone."""

    def prepare(run):
        place = run.cache / where[6:] if where.startswith("cache/") else pathlib.Path(where)
        place.mkdir(parents=True, exist_ok=True)
        run.prefix = ["unshare", "-m", "sh", "-c", f'mount -t tmpfs -o size={size} tmpfs {place} && exec "$@"', "sh"]

    return prepare


@cases("disk_full", "rustc-writes")
def _(c):
    k = c.n.const()
    p = c.pkg(lib=f'pub static {k}: &[u8] = include_bytes!("data.bin");\n{c.n.filler()}')
    c.file("src/data.bin", bytes(range(256)) * (4 << 12))
    c.prepare = small_disk("cache/target", "3m")
    c.matrix([L64], ["build"])
    c.truth(
        "rustc cannot write an object",
        "environment",
        "No space left on device",
        [L64],
        [],
        stage="build",
        package=p,
        verdicts=ANY,
        note="a tmpfs of 3 MiB for target dirs",
    )


@cases("disk_full", "build-script-writes")
def _(c):
    p = c.pkg(
        package='build = "build.rs"\n',
        lib=c.n.filler(),
        build_rs=(
            'fn main() {\n    let out = std::env::var("OUT_DIR").unwrap();\n    std::fs::write(format!("{out}/table.bin"),'
            " vec![1u8; 40 << 20]).unwrap();\n}\n"
        ),
    )
    c.prepare = small_disk("cache/target", "24m")
    c.matrix([L64, FBSD], ["check"])
    c.truth(
        "a build script fills OUT_DIR",
        "environment",
        "No space left on device",
        [L64, FBSD],
        [],
        package=p,
        verdicts=ANY,
        note="a tmpfs of 24 MiB for target dirs",
        near=["build_script_failed"],
    )


@cases("disk_full", "linker-writes")
def _(c):
    p = c.pkg(
        main=(
            '#[used]\nstatic TABLE: [u8; 3 << 20] = *include_bytes!("table.bin");\nfn main() {\n    println!("%s {}",'
            " TABLE.len());\n}\n"
        )
        % c.n.word()
    )
    c.file("src/table.bin", bytes(range(256)) * (12 << 10))
    c.prepare = small_disk("cache/target", "5m")
    c.matrix([A64], ["build"])
    c.truth(
        "the linker cannot write the executable",
        "environment",
        "No space left on device",
        [A64],
        [],
        stage="build",
        package=p,
        verdicts=ANY,
        note="a tmpfs of 5 MiB for target dirs",
        near=["linker_wrong"],
    )


@cases("disk_full", "test-writes")
def _(c):
    p, t = unit_tests(
        c,
        'let path = "/mnt/NAME.bin";\nstd::fs::write(path, vec![1u8; 20 << 20]).unwrap();\nstd::fs::remove_file(path).unwrap();'
        .replace("NAME", c.n.word()),
    )
    c.prepare = small_disk("/mnt", "8m")
    c.matrix([L64, S390], STAGES)
    c.truth(
        "a test fills a small file system",
        "environment",
        t,
        [L64, S390],
        [],
        stage="execute",
        package=p,
        test=t,
        verdicts=ANY,
        note="a tmpfs of 8 MiB",
        near=["test_panic"],
    )


@cases("disk_full", "limit-of-file-size")
def _(c):
    p, t = outside(
        c,
        'let path = std::env::temp_dir().join("NAME.bin");\nlet written = std::fs::write(&path, vec![1u8; 48 << 20]);\nlet _ ='
        " std::fs::remove_file(&path);\nwritten.unwrap();".replace("NAME", c.n.word()),
    )
    c.prepare = lambda run: run.worker_options("--job-file", "'32 MiB'")
    c.matrix([L64], STAGES)
    c.truth(
        "a file larger than a job may write",
        "environment",
        t,
        [L64],
        [],
        stage="execute",
        package=p,
        test=t,
        verdicts=ANY,
        also=["test_signal", "test_panic"],
        note="worker option --job-file",
    )


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
        run.prefix = ["sh", "-c", f'echo $$ > {place}/cgroup.procs && exec "$@"', "sh"]

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
    c.truth(
        "the kernel kills rustc",
        "environment",
        "rustc",
        [L64],
        [],
        stage="build",
        package=p,
        verdicts=ANY,
        near=["compiler_crash"],
        note="a memory cgroup of 700 MiB",
    )


@cases("out_of_memory", "test-over-limit-of-job")
def _(c):
    p, t = unit_tests(
        c,
        "let mut all = Vec::new();\nfor i in 0..64u64 {\n    all.push(vec![i as u8 + 1; 32 << 20]);\n   "
        " std::thread::sleep(std::time::Duration::from_millis(40));\n}\nassert_eq!(all.len(), 64);",
    )
    c.prepare = lambda run: run.worker_options("--job-memory", "'384 MiB'")
    c.matrix([L64], STAGES)
    c.truth(
        "a test takes more than a job may have",
        "environment",
        t,
        [L64],
        [],
        stage="execute",
        package=p,
        verdicts=ANY,
        note="worker option --job-memory",
    )


@cases("out_of_memory", "allocation-fails-in-rustc")
def _(c):
    dep, mac = c.n.crate(), c.n.fn()
    c.pkg(
        dep,
        name=dep,
        extra="[lib]\nproc-macro = true",
        deps='libc = "0.2"',
        lib=(
            f"extern crate proc_macro;\n#[proc_macro]\npub fn {mac}(_: proc_macro::TokenStream) -> proc_macro::TokenStream {{\n  "
            "  let limit = libc::rlimit { rlim_cur: 900 << 20, rlim_max: 900 << 20 };\n    unsafe {"
            ' libc::setrlimit(libc::RLIMIT_AS, &limit) };\n    let v = vec![1u8; 2 << 30];\n    format!("pub const N: usize ='
            ' {};", v.len()).parse().unwrap()\n}\n'
        ),
    )
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"{ident(dep)}::{mac}!();\n")
    c.matrix([L64, MAC], ["check"])
    c.truth(
        "an allocation inside rustc fails",
        "environment",
        "rustc",
        [L64, MAC],
        [],
        package=p,
        verdicts=ANY,
        made="forced",
        also=["compiler_crash"],
        note="a macro sets the limit of address space",
    )


@cases("out_of_memory", "test-allocation-fails")
def _(c):
    p, t = outside(c, "let v: Vec<u8> = vec![1; 3 << 30];\nassert_eq!(v.len(), 3 << 30);")
    c.matrix(
        [L64],
        STAGES,
        raw="rules:\n  - match: triple = x86_64-*\n    runner: {name: small, kind: native, command: [prlimit, --as=1500000000]}",
    )
    c.truth(
        "a test's allocation fails and it aborts",
        "environment",
        t,
        [L64],
        [],
        stage="execute",
        package=p,
        test=t,
        verdicts=ANY,
        also=["test_signal"],
        note="runner prlimit --as",
    )


@cases("out_of_memory", "linker-killed")
def _(c):
    p = c.pkg(
        package='build = "build.rs"\n',
        main="fn main() {}\n",
        build_rs='fn main() {\n    println!("cargo:rustc-link-arg=-Wl,--defsym=x=0");\n}\n',
    )
    c.file(
        "bin/greedy-cc",
        "#!/bin/sh\n# Takes memory until it is killed, as a linker of a large program does.\nexec python3 -c 'x = []\nwhile True:"
        " x.append(bytearray(16 << 20))'\n",
        executable=True,
    )
    c.file(".cargo/config.toml", f'[target.{S390}]\nlinker = "bin/greedy-cc"\n')
    c.prepare = small_memory(600 << 20)
    c.matrix([S390], ["build"])
    c.truth(
        "the kernel kills the linker",
        "environment",
        "linker",
        [S390],
        [],
        stage="build",
        package=p,
        verdicts=ANY,
        made="played",
        near=["linker_wrong"],
        note="a linker that only takes memory, in a cgroup of 600 MiB",
    )
