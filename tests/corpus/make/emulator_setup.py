"""An emulator that cannot run what it is given: CPU models, loaders, formats."""

import os
import shutil

from make.common import *  # noqa: F403
from make.common import Cases
from make.test_crates import STAGES, runner, unit_tests

cases = Cases()
BOTH = ("fail", "suspect")


def with_libc(c):
    c.files["Cargo.toml"] += '\n[dependencies]\nlibc = "0.2"\n'


# emulator_cpu_model ----------------------------------------------------------------------------------------------------------
def cpu(c, triple, model, rustflags=""):
    c.matrix(
        [L64, triple],
        STAGES,
        raw=f"rules:\n  - match: triple = {triple}\n    qemu: {{cpu: {model}}}"
        + (f"\n    rustflags: [{rustflags}]" if rustflags else ""),
    )


@cases("emulator_cpu_model", "unknown-name")
def _(c):
    model = c.n.word()
    p, t = unit_tests(c, "assert!(true);")
    cpu(c, S390, model)
    c.truth(
        "a CPU model that this QEMU does not know",
        "emulator",
        model,
        [S390],
        [L64],
        stage="execute",
        package=p,
        verdicts=("broken",),
    )


@cases("emulator_cpu_model", "max-is-not-everywhere")
def _(c):
    p, t = unit_tests(c, "assert!(true);")
    cpu(c, RV, "max")
    c.truth(
        "`max` is unknown to qemu-riscv64 7.2", "emulator", "max", [RV], [L64], stage="execute", package=p, verdicts=("broken",)
    )


@cases("emulator_cpu_model", "in-own-runner")
def _(c):
    model = c.n.word()
    p, t = unit_tests(c, "assert!(true);")
    c.matrix(
        [L64, A64],
        STAGES,
        raw=(
            f"rules:\n  - match: triple = {A64}\n    runner: {{name: own, kind: emulated, command: [qemu-aarch64, -cpu, {model},"
            " -L, /usr/aarch64-linux-gnu]}"
        ),
    )
    c.truth(
        "the matrix's own runner names no model",
        "emulator",
        model,
        [A64],
        [L64],
        stage="execute",
        package=p,
        verdicts=("broken", "fail"),
    )


@cases("emulator_cpu_model", "lacks-instructions")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(
        c,
        f"assert_eq!({f}(), 5);",
        lib=(
            f"use std::sync::atomic::{{AtomicU64, Ordering}};\npub fn {f}() -> u64 {{\n    let x = AtomicU64::new(2);\n   "
            " x.fetch_add(3, Ordering::SeqCst);\n    x.load(Ordering::SeqCst)\n}\n"
        ),
    )
    cpu(c, A64, "cortex-a53", "-Ctarget-feature=+lse")
    c.truth(
        "compiled for instructions that the model lacks: SIGILL",
        "emulator",
        "lse",
        [A64],
        [L64],
        stage="execute",
        package=p,
        test=t,
        verdicts=("fail", "suspect", "broken"),
        also=["test_signal"],
    )


# emulator_loader_mix ---------------------------------------------------------------------------------------------------------
def prefix(triple, make):
    """A sysroot made before the sweep, below the case's directory; the matrix names it relative to the project."""

    def prepare(run):
        root = run.dir / "prefix"
        make(root)
        file = run.project / "sweep.yaml"
        file.write_text(file.read_text().replace("PREFIX", str(root)))

    return prepare


def own_runner(c, triple, qemu, **settings):
    c.matrix(
        [L64, triple],
        STAGES,
        raw=(
            f"rules:\n  - match: triple = {triple}\n    runner: {{name: {qemu}-mixed, kind: emulated, command: [{qemu}, -L,"
            f" PREFIX]}}"
        ),
        **settings,
    )


@cases("emulator_loader_mix", "no-loader-in-prefix")
def _(c):
    p, t = unit_tests(c, "assert!(true);")
    own_runner(c, S390, "qemu-s390x")
    c.prepare = prefix(S390, lambda root: (root / "lib").mkdir(parents=True))
    c.truth(
        "-L names a prefix without a loader",
        "emulator",
        "ld64.so.1",
        [S390],
        [L64],
        stage="execute",
        package=p,
        verdicts=("broken",),
        made="forced",
        note="a prefix made for the case",
    )


@cases("emulator_loader_mix", "loader-without-libc")
def _(c):
    def make(root):
        (root / "lib").mkdir(parents=True)
        for name in ("ld-linux-aarch64.so.1", "libgcc_s.so.1"):
            shutil.copy(f"/usr/aarch64-linux-gnu/lib/{name}", root / "lib")

    p, t = unit_tests(c, "assert!(true);")
    own_runner(c, A64, "qemu-aarch64")
    c.prepare = prefix(A64, make)
    c.truth(
        "the prefix has the loader and no C library",
        "emulator",
        "libc.so.6",
        [A64],
        [L64],
        stage="execute",
        package=p,
        verdicts=("broken",),
        made="forced",
        note="a prefix made for the case",
    )


@cases("emulator_loader_mix", "libc-of-another-machine")
def _(c):
    def make(root):
        (root / "lib").mkdir(parents=True)
        shutil.copy("/usr/riscv64-linux-gnu/lib/ld-linux-riscv64-lp64d.so.1", root / "lib")
        for name in ("libc.so.6", "libgcc_s.so.1"):
            shutil.copy(f"/usr/s390x-linux-gnu/lib/{name}", root / "lib")

    p, t = unit_tests(c, "assert!(true);")
    own_runner(c, RV, "qemu-riscv64")
    c.prepare = prefix(RV, make)
    c.truth(
        "loader and libraries of different machines",
        "emulator",
        "libgcc_s.so.1",
        [RV],
        [L64],
        stage="execute",
        package=p,
        verdicts=("broken",),
        made="forced",
        note="a prefix made for the case",
    )


# The mixture of the field: loader of the cross package, libc of Debian's multiarch package (another build of the same
# version). Threads and fork never come back. Needs `apt-get download` once; without it the case is not recorded.
@cases("emulator_loader_mix", "cross-loader-multiarch-libc")
def _(c):
    def make(root):
        import subprocess

        (root / "lib" / "aarch64-linux-gnu").mkdir(parents=True)
        shutil.copy("/usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1", root / "lib")
        shutil.copy("/usr/aarch64-linux-gnu/lib/libgcc_s.so.1", root / "lib" / "aarch64-linux-gnu")
        apt = root / "apt"
        for d in ("state/lists/partial", "cache/archives/partial", "unpacked"):
            (apt / d).mkdir(parents=True)
        options = [
            "-o",
            f"Dir::State={apt}/state",
            "-o",
            f"Dir::Cache={apt}/cache",
            "-o",
            "APT::Architecture=arm64",
            "-o",
            "APT::Architectures=arm64",
            "-o",
            f"Dir::State::status={apt}/state/status",
        ]
        (apt / "state/status").write_text("")
        env = {k: v for k, v in os.environ.items()}
        subprocess.run(
            ["apt-get", "-q", *options, "update"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env
        )
        subprocess.run(
            ["apt-get", "-q", *options, "download", "libc6"],
            check=True,
            cwd=apt,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=env,
        )
        subprocess.run(["dpkg-deb", "-x", str(next(apt.glob("libc6_*.deb"))), str(apt / "unpacked")], check=True)
        for name in ("libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2"):
            shutil.copy(apt / "unpacked/lib/aarch64-linux-gnu" / name, root / "lib/aarch64-linux-gnu")
        shutil.rmtree(apt)

    p, t = unit_tests(c, "std::thread::spawn(|| 1).join().unwrap();")
    own_runner(c, A64, "qemu-aarch64", no_output_timeout="15s")
    c.prepare = prefix(A64, make)
    c.truth(
        "loader of the cross package, libc of the multiarch package",
        "emulator",
        "libc.so.6",
        [A64],
        [L64],
        stage="execute",
        package=p,
        verdicts=("broken", "timeout", "fail"),
        made="forced",
        note="a prefix made for the case of two packages' files",
    )


# emulator_exec_format --------------------------------------------------------------------------------------------------------
@cases("emulator_exec_format", "qemu-of-other-machine")
def _(c):
    p, t = unit_tests(c, "assert!(true);")
    runner(c, S390, "qemu-aarch64, -L, /usr/s390x-linux-gnu")
    c.truth(
        "the runner is the QEMU of another machine",
        "environment",
        "qemu-aarch64",
        [S390],
        [L64],
        stage="execute",
        package=p,
        verdicts=("broken",),
    )


@cases("emulator_exec_format", "wrong-byte-order")
def _(c):
    p, t = unit_tests(c, "assert!(true);")
    runner(c, PPC64, "qemu-ppc64, -L, /usr/powerpc64le-linux-gnu")
    c.truth(
        "the big-endian QEMU for a little-endian program",
        "environment",
        "qemu-ppc64",
        [PPC64],
        [L64],
        stage="execute",
        package=p,
        verdicts=("broken",),
    )


@cases("emulator_exec_format", "started-directly")
def _(c):
    p, t = unit_tests(c, "assert!(true);")
    runner(c, ARM, "env", "native")
    c.truth(
        "a foreign program is started as if it were native",
        "environment",
        "env",
        [ARM],
        [L64],
        stage="execute",
        package=p,
        verdicts=("broken",),
    )


@cases("emulator_exec_format", "32-bit-loader-missing")
def _(c):
    p, t = unit_tests(c, "assert!(true);")
    runner(c, L32, "env", "native")
    c.truth(
        "i686 natively without its loader",
        "environment",
        "ld-linux.so.2",
        [L32],
        [L64],
        stage="execute",
        package=p,
        verdicts=("broken",),
    )
