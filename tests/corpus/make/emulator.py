"""What a test meets under an emulator: gaps of QEMU, programs that it starts, memory."""

from make.common import *  # noqa: F403
from make.common import Cases
from make.test_crates import STAGES, outside, runner, unit_tests

cases = Cases()
BOTH = ("fail", "suspect")


def with_libc(c):
    c.files["Cargo.toml"] += '\n[dependencies]\nlibc = "0.2"\n'


# emulator_syscall ------------------------------------------------------------------------------------------------------------
@cases("emulator_syscall", "io-uring")
def _(c):
    p, t = unit_tests(
        c,
        "let mut params = [0u8; 120];\nlet fd = unsafe { libc::syscall(425, 8, params.as_mut_ptr()) };\nif fd < 0 {\n   "
        ' panic!("io_uring_setup: {}", std::io::Error::last_os_error());\n}',
    )
    with_libc(c)
    c.matrix([L64, A64, S390], STAGES)
    c.truth(
        "io_uring_setup: ENOSYS",
        "emulator",
        "io_uring_setup",
        [A64, S390],
        [L64],
        stage="execute",
        package=p,
        test=t,
        verdicts=BOTH,
    )


@cases("emulator_syscall", "openat2")
def _(c):
    f = c.n.fn()
    p, t = outside(
        c,
        f'CRATE::{f}(c"/etc").expect("open beneath");',
        lib=(
            f"pub fn {f}(path: &std::ffi::CStr) -> std::io::Result<i64> {{\n    let how = [0u64, 0, 8];\n    let fd = unsafe {{"
            " libc::syscall(437, libc::AT_FDCWD, path.as_ptr(), how.as_ptr(), 24) };\n    if fd < 0 {\n        return"
            " Err(std::io::Error::last_os_error());\n    }\n    Ok(fd as i64)\n}\n".replace("[0u64, 0, 8]", "[0u64, 0, 0]")
        ),
    )
    with_libc(c)
    c.matrix([L64, RV, PPC64], STAGES)
    c.truth(
        "openat2: an Err with ENOSYS that is unwrapped",
        "emulator",
        "openat2",
        [RV, PPC64],
        [L64],
        stage="execute",
        package=p,
        test=t,
        verdicts=BOTH,
    )


@cases("emulator_syscall", "prctl-seccomp")
def _(c):
    p, t = unit_tests(
        c,
        'let mode = unsafe { libc::prctl(libc::PR_GET_SECCOMP) };\nassert!(mode >= 0, "PR_GET_SECCOMP: {}",'
        " std::io::Error::last_os_error());",
    )
    with_libc(c)
    c.matrix([L64, A64], STAGES)
    c.truth(
        "an option of prctl is refused with EINVAL",
        "emulator",
        "prctl",
        [A64],
        [L64],
        stage="execute",
        package=p,
        test=t,
        verdicts=BOTH,
    )


@cases("emulator_syscall", "rlimit-ignored")
def _(c):
    p, t = unit_tests(
        c,
        "let want = libc::rlimit { rlim_cur: 8 << 30, rlim_max: libc::RLIM_INFINITY };\nassert_eq!(unsafe {"
        " libc::setrlimit(libc::RLIMIT_AS, &want) }, 0);\nlet mut got = want;\nassert_eq!(unsafe {"
        " libc::getrlimit(libc::RLIMIT_AS, &mut got) }, 0);\nassert_eq!(got.rlim_cur, want.rlim_cur);",
    )
    with_libc(c)
    c.matrix([L64, S390, PPC64], STAGES)
    c.truth(
        "setrlimit says yes and does nothing",
        "emulator",
        "setrlimit",
        [S390, PPC64],
        [L64],
        stage="execute",
        package=p,
        test=t,
        verdicts=BOTH,
        near=["test_assertion"],
    )


# emulator_spawn --------------------------------------------------------------------------------------------------------------
@cases("emulator_spawn", "missing-program-is-error")
def _(c):
    p, t = unit_tests(c, 'assert!(std::process::Command::new("NAME").spawn().is_err());'.replace("NAME", c.n.word()))
    c.matrix([L64, A64, S390], STAGES)
    c.truth(
        "spawn of a missing program succeeds",
        "emulator",
        "spawn",
        [A64, S390],
        [L64],
        stage="execute",
        package=p,
        test=t,
        verdicts=BOTH,
    )


@cases("emulator_spawn", "kind-of-error")
def _(c):
    p, t = outside(
        c,
        'let error = std::process::Command::new("/opt/NAME").status().expect_err("there is no such'
        ' program");\nassert_eq!(error.kind(), std::io::ErrorKind::NotFound);'.replace("NAME", c.n.word()),
    )
    c.matrix([L64, RV], STAGES)
    c.truth(
        "the Err that is expected is an Ok with status 127",
        "emulator",
        "spawn",
        [RV],
        [L64],
        stage="execute",
        package=p,
        test=t,
        verdicts=BOTH,
    )


@cases("emulator_spawn", "missing-directory")
def _(c):
    p, t = unit_tests(
        c,
        'let out = std::process::Command::new("true").current_dir("/NAME/none").output();\nmatch out {\n    Err(_) => {}\n   '
        ' Ok(o) => panic!("started in a directory that is not there: {:?}", o.status),\n}'.replace("NAME", c.n.word()),
    )
    c.matrix([L64, PPC64, ARM], STAGES)
    c.truth(
        "a child in a missing directory",
        "emulator",
        "spawn",
        [PPC64, ARM],
        [L64],
        stage="execute",
        package=p,
        test=t,
        verdicts=BOTH,
    )


# emulator_memory -------------------------------------------------------------------------------------------------------------
@cases("emulator_memory", "address-space-limit")
def _(c):
    p, t = unit_tests(c, "assert!(true);")
    runner(c, ARM, "prlimit, --as=2000000000, qemu-arm, -L, /usr/arm-linux-gnueabihf")
    c.truth(
        "a limit of address space below what a 32-bit guest reserves",
        "emulator",
        "qemu-arm",
        [ARM],
        [L64],
        stage="execute",
        package=p,
        verdicts=("broken", "fail"),
    )


@cases("emulator_memory", "reserved-too-little")
def _(c):
    p, t = unit_tests(c, "let v = vec![7u8; 300 << 20];\nassert_eq!(v[299 << 20], 7);")
    runner(c, ARM, "qemu-arm, -R, 0x8000000, -L, /usr/arm-linux-gnueabihf")
    c.truth(
        "the guest's whole space is 128 MiB (-R)",
        "emulator",
        "qemu-arm",
        [ARM],
        [L64],
        stage="execute",
        package=p,
        test=t,
        verdicts=("broken", "fail"),
        made="forced",
        note="qemu -R",
        also=["test_pointer_width", "out_of_memory"],
    )


@cases("emulator_memory", "limit-in-64-bit-guest")
def _(c):
    p, t = unit_tests(c, "let v = vec![7u8; 600 << 20];\nassert_eq!(v[599 << 20], 7);")
    runner(c, S390, "prlimit, --as=700000000, qemu-s390x, -L, /usr/s390x-linux-gnu")
    c.truth(
        "a test asks for more than the emulator's process may have",
        "emulator",
        "qemu-s390x",
        [S390],
        [L64],
        stage="execute",
        package=p,
        test=t,
        verdicts=("broken", "fail"),
        also=["out_of_memory"],
    )


@cases("emulator_memory", "fixed-address")
def _(c):
    p, t = outside(
        c,
        "let want = 0x7000_0000_0000usize as *mut libc::c_void;\nlet got = unsafe { libc::mmap(want, 4096, libc::PROT_READ |"
        " libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE, -1, 0) };\nassert_eq!(got, want,"
        ' "mmap: {}", std::io::Error::last_os_error());',
    )
    with_libc(c)
    runner(c, A64, "qemu-aarch64, -R, 0x40000000, -L, /usr/aarch64-linux-gnu")
    c.truth(
        "an address outside of what the guest was given",
        "emulator",
        "mmap",
        [A64],
        [L64],
        stage="execute",
        package=p,
        test=t,
        verdicts=("broken", "fail"),
        made="forced",
        note="qemu -R",
        also=["test_assertion"],
    )
