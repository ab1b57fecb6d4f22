"""Failures that only an emulator shows: QEMU's gaps, its CPU models, loaders, memory."""
import os
import shutil

from make.common import *  # noqa: F403
from make.common import Cases, ident
from make.tests import STAGES, outside, unit_tests

cases = Cases()
BOTH = ("fail", "suspect")


def with_libc(c):
    c.files["Cargo.toml"] += "\n[dependencies]\nlibc = \"0.2\"\n"


# emulator_syscall ------------------------------------------------------------------------------------------------------------
@cases("emulator_syscall", "io-uring")
def _(c):
    p, t = unit_tests(c, "let mut params = [0u8; 120];\nlet fd = unsafe { libc::syscall(425, 8, params.as_mut_ptr()) };\nif fd < 0 {\n    panic!(\"io_uring_setup: {}\", std::io::Error::last_os_error());\n}")
    with_libc(c)
    c.matrix([L64, A64, S390], STAGES)
    c.truth("io_uring_setup: ENOSYS", "emulator", "io_uring_setup", [A64, S390], [L64], stage="execute", package=p, test=t, verdicts=BOTH)


@cases("emulator_syscall", "openat2")
def _(c):
    f = c.n.fn()
    p, t = outside(c, f"CRATE::{f}(c\"/etc\").expect(\"open beneath\");", lib=f"pub fn {f}(path: &std::ffi::CStr) -> std::io::Result<i64> {{\n    let how = [0u64, 0, 8];\n    let fd = unsafe {{ libc::syscall(437, libc::AT_FDCWD, path.as_ptr(), how.as_ptr(), 24) }};\n"
                   "    if fd < 0 {\n        return Err(std::io::Error::last_os_error());\n    }\n    Ok(fd as i64)\n}\n".replace("[0u64, 0, 8]", "[0u64, 0, 0]"))
    with_libc(c)
    c.matrix([L64, RV, PPC64], STAGES)
    c.truth("openat2: an Err with ENOSYS that is unwrapped", "emulator", "openat2", [RV, PPC64], [L64], stage="execute", package=p, test=t, verdicts=BOTH)


@cases("emulator_syscall", "prctl-seccomp")
def _(c):
    p, t = unit_tests(c, "let mode = unsafe { libc::prctl(libc::PR_GET_SECCOMP) };\nassert!(mode >= 0, \"PR_GET_SECCOMP: {}\", std::io::Error::last_os_error());")
    with_libc(c)
    c.matrix([L64, A64], STAGES)
    c.truth("an option of prctl is refused with EINVAL", "emulator", "prctl", [A64], [L64], stage="execute", package=p, test=t, verdicts=BOTH)


@cases("emulator_syscall", "rlimit-ignored")
def _(c):
    p, t = unit_tests(c, "let want = libc::rlimit { rlim_cur: 8 << 30, rlim_max: libc::RLIM_INFINITY };\nassert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &want) }, 0);\nlet mut got = want;\nassert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_AS, &mut got) }, 0);\nassert_eq!(got.rlim_cur, want.rlim_cur);")
    with_libc(c)
    c.matrix([L64, S390, PPC64], STAGES)
    c.truth("setrlimit says yes and does nothing", "emulator", "setrlimit", [S390, PPC64], [L64], stage="execute", package=p, test=t, verdicts=BOTH, near=["test_assertion"])


# emulator_cpu_model ----------------------------------------------------------------------------------------------------------
def cpu(c, triple, model, rustflags=""):
    c.matrix([L64, triple], STAGES, raw=f"rules:\n  - match: triple = {triple}\n    qemu: {{cpu: {model}}}" + (f"\n    rustflags: [{rustflags}]" if rustflags else ""))


@cases("emulator_cpu_model", "unknown-name")
def _(c):
    model = c.n.word()
    p, t = unit_tests(c, "assert!(true);")
    cpu(c, S390, model)
    c.truth("a CPU model that this QEMU does not know", "emulator", model, [S390], [L64], stage="execute", package=p, verdicts=("broken",))


@cases("emulator_cpu_model", "max-is-not-everywhere")
def _(c):
    p, t = unit_tests(c, "assert!(true);")
    cpu(c, RV, "max")
    c.truth("`max` is unknown to qemu-riscv64 7.2", "emulator", "max", [RV], [L64], stage="execute", package=p, verdicts=("broken",))


@cases("emulator_cpu_model", "in-own-runner")
def _(c):
    model = c.n.word()
    p, t = unit_tests(c, "assert!(true);")
    c.matrix([L64, A64], STAGES, raw=f"rules:\n  - match: triple = {A64}\n    runner: {{name: own, kind: emulated, command: [qemu-aarch64, -cpu, {model}, -L, /usr/aarch64-linux-gnu]}}")
    c.truth("the matrix's own runner names no model", "emulator", model, [A64], [L64], stage="execute", package=p, verdicts=("broken", "fail"))


@cases("emulator_cpu_model", "lacks-instructions")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(c, f"assert_eq!({f}(), 5);", lib=f"use std::sync::atomic::{{AtomicU64, Ordering}};\npub fn {f}() -> u64 {{\n    let x = AtomicU64::new(2);\n    x.fetch_add(3, Ordering::SeqCst);\n    x.load(Ordering::SeqCst)\n}}\n")
    cpu(c, A64, "cortex-a53", "-Ctarget-feature=+lse")
    c.truth("compiled for instructions that the model lacks: SIGILL", "emulator", "lse", [A64], [L64], stage="execute", package=p, test=t, verdicts=("fail", "suspect", "broken"), also=["test_signal"])


# emulator_loader_mix ---------------------------------------------------------------------------------------------------------
def prefix(triple, make):
    """A sysroot made before the sweep, below the case's directory; the matrix names it relative to the project."""
    def prepare(run):
        root = run.dir / "prefix"
        make(root)
        file = run.project / "sweep.yaml"
        file.write_text(file.read_text().replace("PREFIX", str(root)))
    return prepare


def own_runner(c, triple, qemu, more=""):
    c.matrix([L64, triple], STAGES, raw=f"rules:\n  - match: triple = {triple}\n    runner: {{name: {qemu}-mixed, kind: emulated, command: [{qemu}, -L, PREFIX{more}]}}")


@cases("emulator_loader_mix", "no-loader-in-prefix")
def _(c):
    p, t = unit_tests(c, "assert!(true);")
    own_runner(c, S390, "qemu-s390x")
    c.prepare = prefix(S390, lambda root: (root / "lib").mkdir(parents=True))
    c.truth("-L names a prefix without a loader", "emulator", "ld64.so.1", [S390], [L64], stage="execute", package=p, verdicts=("broken",), made="forced", note="a prefix made for the case")


@cases("emulator_loader_mix", "loader-without-libc")
def _(c):
    def make(root):
        (root / "lib").mkdir(parents=True)
        for name in ("ld-linux-aarch64.so.1", "libgcc_s.so.1"):
            shutil.copy(f"/usr/aarch64-linux-gnu/lib/{name}", root / "lib")
    p, t = unit_tests(c, "assert!(true);")
    own_runner(c, A64, "qemu-aarch64")
    c.prepare = prefix(A64, make)
    c.truth("the prefix has the loader and no C library", "emulator", "libc.so.6", [A64], [L64], stage="execute", package=p, verdicts=("broken",), made="forced", note="a prefix made for the case")


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
    c.truth("loader and libraries of different machines", "emulator", "libgcc_s.so.1", [RV], [L64], stage="execute", package=p, verdicts=("broken",), made="forced", note="a prefix made for the case")


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
        options = ["-o", f"Dir::State={apt}/state", "-o", f"Dir::Cache={apt}/cache", "-o", "APT::Architecture=arm64", "-o", "APT::Architectures=arm64",
                   "-o", f"Dir::State::status={apt}/state/status"]
        (apt / "state/status").write_text("")
        env = {k: v for k, v in os.environ.items()}
        subprocess.run(["apt-get", "-q", *options, "update"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
        subprocess.run(["apt-get", "-q", *options, "download", "libc6"], check=True, cwd=apt, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
        subprocess.run(["dpkg-deb", "-x", str(next(apt.glob("libc6_*.deb"))), str(apt / "unpacked")], check=True)
        for name in ("libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2"):
            shutil.copy(apt / "unpacked/lib/aarch64-linux-gnu" / name, root / "lib/aarch64-linux-gnu")
        shutil.rmtree(apt)
    p, t = unit_tests(c, "std::thread::spawn(|| 1).join().unwrap();")
    own_runner(c, A64, "qemu-aarch64")
    c.prepare = prefix(A64, make)
    c.truth("loader of the cross package, libc of the multiarch package", "emulator", "libc.so.6", [A64], [L64], stage="execute", package=p, verdicts=("broken", "timeout", "fail"), made="forced", note="a prefix made for the case of two packages' files")


# emulator_exec_format --------------------------------------------------------------------------------------------------------
def runner(c, triple, command, kind="emulated"):
    c.matrix([L64, triple], STAGES, raw=f"rules:\n  - match: triple = {triple}\n    runner: {{name: own, kind: {kind}, command: [{command}]}}")


@cases("emulator_exec_format", "qemu-of-other-machine")
def _(c):
    p, t = unit_tests(c, "assert!(true);")
    runner(c, S390, "qemu-aarch64, -L, /usr/s390x-linux-gnu")
    c.truth("the runner is the QEMU of another machine", "environment", "qemu-aarch64", [S390], [L64], stage="execute", package=p, verdicts=("broken",))


@cases("emulator_exec_format", "wrong-byte-order")
def _(c):
    p, t = unit_tests(c, "assert!(true);")
    runner(c, PPC64, "qemu-ppc64, -L, /usr/powerpc64le-linux-gnu")
    c.truth("the big-endian QEMU for a little-endian program", "environment", "qemu-ppc64", [PPC64], [L64], stage="execute", package=p, verdicts=("broken",))


@cases("emulator_exec_format", "started-directly")
def _(c):
    p, t = unit_tests(c, "assert!(true);")
    runner(c, ARM, "env", "native")
    c.truth("a foreign program is started as if it were native", "environment", "env", [ARM], [L64], stage="execute", package=p, verdicts=("broken",))


@cases("emulator_exec_format", "32-bit-loader-missing")
def _(c):
    p, t = unit_tests(c, "assert!(true);")
    runner(c, L32, "env", "native")
    c.truth("i686 natively without its loader", "environment", "ld-linux.so.2", [L32], [L64], stage="execute", package=p, verdicts=("broken",))


# emulator_spawn --------------------------------------------------------------------------------------------------------------
@cases("emulator_spawn", "missing-program-is-error")
def _(c):
    p, t = unit_tests(c, "assert!(std::process::Command::new(\"NAME\").spawn().is_err());".replace("NAME", c.n.word()))
    c.matrix([L64, A64, S390], STAGES)
    c.truth("spawn of a missing program succeeds", "emulator", "spawn", [A64, S390], [L64], stage="execute", package=p, test=t, verdicts=BOTH)


@cases("emulator_spawn", "kind-of-error")
def _(c):
    p, t = outside(c, "let error = std::process::Command::new(\"/opt/NAME\").status().expect_err(\"there is no such program\");\nassert_eq!(error.kind(), std::io::ErrorKind::NotFound);".replace("NAME", c.n.word()))
    c.matrix([L64, RV], STAGES)
    c.truth("the Err that is expected is an Ok with status 127", "emulator", "spawn", [RV], [L64], stage="execute", package=p, test=t, verdicts=BOTH)


@cases("emulator_spawn", "missing-directory")
def _(c):
    p, t = unit_tests(c, "let out = std::process::Command::new(\"true\").current_dir(\"/NAME/none\").output();\nmatch out {\n    Err(_) => {}\n    Ok(o) => panic!(\"started in a directory that is not there: {:?}\", o.status),\n}".replace("NAME", c.n.word()))
    c.matrix([L64, PPC64, ARM], STAGES)
    c.truth("a child in a missing directory", "emulator", "spawn", [PPC64, ARM], [L64], stage="execute", package=p, test=t, verdicts=BOTH)


# emulator_memory -------------------------------------------------------------------------------------------------------------
@cases("emulator_memory", "address-space-limit")
def _(c):
    p, t = unit_tests(c, "assert!(true);")
    runner(c, ARM, "prlimit, --as=2000000000, qemu-arm, -L, /usr/arm-linux-gnueabihf")
    c.truth("a limit of address space below what a 32-bit guest reserves", "emulator", "qemu-arm", [ARM], [L64], stage="execute", package=p, verdicts=("broken", "fail"))


@cases("emulator_memory", "reserved-too-little")
def _(c):
    p, t = unit_tests(c, "let v = vec![7u8; 300 << 20];\nassert_eq!(v[299 << 20], 7);")
    runner(c, ARM, "qemu-arm, -R, 0x8000000, -L, /usr/arm-linux-gnueabihf")
    c.truth("the guest's whole space is 128 MiB (-R)", "emulator", "qemu-arm", [ARM], [L64], stage="execute", package=p, test=t, verdicts=("broken", "fail"), made="forced", note="qemu -R", also=["test_pointer_width", "out_of_memory"])


@cases("emulator_memory", "limit-in-64-bit-guest")
def _(c):
    p, t = unit_tests(c, "let v = vec![7u8; 600 << 20];\nassert_eq!(v[599 << 20], 7);")
    runner(c, S390, "prlimit, --as=700000000, qemu-s390x, -L, /usr/s390x-linux-gnu")
    c.truth("a test asks for more than the emulator's process may have", "emulator", "qemu-s390x", [S390], [L64], stage="execute", package=p, test=t, verdicts=("broken", "fail"), also=["out_of_memory"])


@cases("emulator_memory", "fixed-address")
def _(c):
    p, t = outside(c, "let want = 0x7000_0000_0000usize as *mut libc::c_void;\nlet got = unsafe { libc::mmap(want, 4096, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE, -1, 0) };\nassert_eq!(got, want, \"mmap: {}\", std::io::Error::last_os_error());")
    with_libc(c)
    runner(c, A64, "qemu-aarch64, -R, 0x40000000, -L, /usr/aarch64-linux-gnu")
    c.truth("an address outside of what the guest was given", "emulator", "mmap", [A64], [L64], stage="execute", package=p, test=t, verdicts=("broken", "fail"), made="forced", note="qemu -R", also=["test_assertion"])
