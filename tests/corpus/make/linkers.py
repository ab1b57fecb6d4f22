"""Linkers, and symbols that they do not find."""

from make.common import *  # noqa: F403
from make.common import Cases, ident

cases = Cases()
MAIN = 'fn main() {\n    println!("%s");\n}\n'


# linker_missing --------------------------------------------------------------------------------------------------------
@cases("linker_missing", "named-by-matrix")
def _(c):
    name = c.n.word() + "-gcc"
    p = c.pkg(main=MAIN % c.n.word())
    c.matrix([L64, A64], ["build"], raw=f"rules:\n  - match: triple = {A64}\n    linker: {name}")
    c.truth(
        "the matrix names a linker that is not there",
        "environment",
        name,
        [A64],
        [L64],
        stage="setup",
        package=p,
        verdicts=("broken",),
    )


@cases("linker_missing", "named-by-project")
def _(c):
    name = "/opt/" + c.n.word() + "/bin/cc"
    p = c.pkg(main=MAIN % c.n.word())
    c.file(".cargo/config.toml", f'[target.{S390}]\nlinker = "{name}"\n')
    c.matrix([L64, S390], ["build"])
    c.truth(
        "the project's configuration names a linker by a path of another machine",
        "project",
        name,
        [S390],
        [L64],
        stage="setup",
        package=p,
        verdicts=("broken",),
    )


@cases("linker_missing", "no-cross-compiler")
def _(c):
    p = c.pkg(main=MAIN % c.n.word())
    c.matrix([L64, "sparc64-unknown-linux-gnu"], ["check", "build"])
    c.truth(
        "no cross compiler of that architecture is installed",
        "environment",
        "sparc64-linux-gnu-gcc",
        ["sparc64-unknown-linux-gnu"],
        [L64],
        stage="build",
        package=p,
        verdicts=("broken", "blocked"),
        also=["linker_wrong"],
    )


@cases("linker_missing", "of-cargo-for-host-part")
def _(c):
    name = c.n.word() + "-ld"
    p = c.pkg(package='build = "build.rs"\n', build_rs="fn main() {}\n", lib=c.n.filler())
    c.file(".cargo/config.toml", f'[target.{L64}]\nlinker = "{name}"\n')
    c.matrix([FBSD], ["check"])
    c.truth(
        "the host's linker, which only the build script needs, is not there",
        "project",
        name,
        [FBSD],
        [],
        package=p,
        verdicts=("broken", "fail"),
    )


# linker_wrong ------------------------------------------------------------------------------------------------------------
@cases("linker_wrong", "cross-gcc-for-host")
def _(c):
    p = c.pkg(main=MAIN % c.n.word())
    c.matrix([A64, L64], ["build"], raw=f"rules:\n  - match: triple = {L64}\n    linker: aarch64-linux-gnu-gcc")
    c.truth(
        "a cross gcc links for the host",
        "environment",
        "aarch64-linux-gnu-gcc",
        [L64],
        [A64],
        stage="setup",
        package=p,
        verdicts=("broken",),
    )


@cases("linker_wrong", "host-gcc-for-foreign")
def _(c):
    p = c.pkg(main=MAIN % c.n.word())
    c.file(".cargo/config.toml", f'[target.{S390}]\nlinker = "cc"\n')
    c.matrix([L64, S390], ["build"])
    c.truth(
        "the project has the host's cc link for s390x",
        "project",
        "cc",
        [S390],
        [L64],
        stage="setup",
        package=p,
        verdicts=("broken",),
    )


@cases("linker_wrong", "build-script-gets-cross-gcc")
def _(c):
    p = c.pkg(
        package='build = "build.rs"\n',
        build_rs='fn main() {\n    println!("cargo:rerun-if-changed=build.rs");\n}\n',
        lib=c.n.filler(),
    )
    c.file(".cargo/config.toml", f'[target.{L64}]\nlinker = "riscv64-linux-gnu-gcc"\n')
    c.matrix([MAC], ["check"])
    c.truth(
        "the build script is linked by a foreign gcc",
        "project",
        "riscv64-linux-gnu-gcc",
        [MAC],
        [],
        package=p,
        verdicts=("broken", "fail"),
    )


@cases("linker_wrong", "plain-ld-with-gcc-arguments")
def _(c):
    p = c.pkg(main=MAIN % c.n.word())
    c.matrix([L64, ARM], ["build"], raw=f"rules:\n  - match: triple = {ARM}\n    linker: arm-linux-gnueabihf-ld")
    c.truth(
        "ld itself where a compiler driver is expected",
        "environment",
        "arm-linux-gnueabihf-ld",
        [ARM],
        [L64],
        stage="setup",
        package=p,
        verdicts=("broken",),
        near=["native_library_missing"],
    )


@cases("linker_wrong", "link-argument-of-other-linker")
def _(c):
    p = c.pkg(main=MAIN % c.n.word())
    c.file(".cargo/config.toml", f'[target.{RV}]\nrustflags = ["-Clink-arg=-m64"]\n')
    c.matrix([L64, RV], ["build"])
    c.truth(
        "an argument that this architecture's gcc does not know",
        "project",
        "-m64",
        [RV],
        [L64],
        stage="build",
        package=p,
        verdicts=("broken", "fail"),
    )


# undefined_symbols -----------------------------------------------------------------------------------------------------
@cases("undefined_symbols", "extern-nobody-defines")
def _(c):
    f = c.n.fn()
    p = c.pkg(
        main=f'extern "C" {{\n    fn {f}(x: i32) -> i32;\n}}\nfn main() {{\n    println!("{{}}", unsafe {{ {f}(1) }});\n}}\n'
    )
    c.matrix([L64, A64], ["check", "build"])
    c.truth(
        "a C function that no library has", "project", f, [L64, A64], [], stage="build", package=p, verdicts=("fail", "broken")
    )


@cases("undefined_symbols", "defined-for-one-arch")
def _(c):
    dep, f = c.n.crate(), c.n.fn()
    c.pkg(
        dep,
        name=dep,
        lib=(
            f'#[cfg(target_arch = "x86_64")]\n#[no_mangle]\npub extern "C" fn {f}() -> i32 {{\n    1\n}}\n#[cfg(not(target_arch ='
            f' "x86_64"))]\nextern "C" {{\n    pub fn {f}() -> i32;\n}}\n'
        ),
    )
    c.name = None
    p = c.pkg(
        deps=f'{dep} = {{ path = "{dep}" }}',
        main=f'fn main() {{\n    #[allow(unused_unsafe)]\n    println!("{{}}", unsafe {{ {ident(dep)}::{f}() }});\n}}\n',
    )
    c.matrix([L64, PPC64, S390], ["build"])
    c.truth(
        "#[no_mangle] for one architecture, extern elsewhere",
        "project",
        f,
        [PPC64, S390],
        [L64],
        stage="build",
        package=p,
        verdicts=("fail", "broken"),
        near=["configured_out"],
    )


@cases("undefined_symbols", "from-asm")
def _(c):
    f, g = c.n.fn(), c.n.fn()
    p = c.pkg(
        lib=(
            f'std::arch::global_asm!(".globl {f}", "{f}:", "b {g}");\nextern "C" {{\n    fn {f}();\n}}\npub fn {c.n.fn()}() {{\n '
            f"   unsafe {{ {f}() }}\n}}\n"
        ),
        tests__link_rs="",
    )
    c.files["tests/link.rs"] = (
        f"#[test]\nfn {c.n.fn()}() {{\n    let _ = {ident(p)}::{c.files['src/lib.rs'].split('pub fn ')[1].split('(')[0]} as"
        f" fn();\n    {ident(p)}::{c.files['src/lib.rs'].split('pub fn ')[1].split('(')[0]}();\n}}\n"
    )
    c.matrix([A64, ARM], ["check", "test-no-run"])
    c.truth(
        "assembler jumps to a symbol that is not there; only a test links it",
        "project",
        g,
        [A64, ARM],
        [],
        stage="test-no-run",
        package=p,
        verdicts=("fail", "broken"),
    )


@cases("undefined_symbols", "atomic-libcall")
def _(c):
    f = "__atomic_load_16"
    p = c.pkg(
        main=(
            f'extern "C" {{\n    fn {f}(p: *const u128, order: i32) -> u128;\n}}\nfn main() {{\n    let x = 1u128;\n   '
            f' println!("{{}}", unsafe {{ {f}(&x, 5) }});\n}}\n'
        )
    )
    c.matrix([L64, RV], ["build"])
    c.truth(
        "a function of libatomic, which nobody links",
        "project",
        f,
        [L64, RV],
        [],
        stage="build",
        package=p,
        verdicts=("fail", "broken"),
        near=["atomics_missing"],
    )


@cases("undefined_symbols", "library-in-older-version")
def _(c):
    lib, f, g = c.n.word(), c.n.fn(), c.n.fn()
    p = c.pkg(
        package='build = "build.rs"\n',
        build_rs=(
            'use std::{env, process::Command};\nfn main() {\n    let out = env::var("OUT_DIR").unwrap();\n    let cc = if'
            ' env::var("CARGO_CFG_TARGET_ARCH").unwrap() == "aarch64" { "aarch64-linux-gnu-gcc" } else { "gcc" };\n    let'
            f' object = format!("{{out}}/a.o");\n    assert!(Command::new(cc).args(["-c", "src/{lib}.c", "-o",'
            ' &object]).status().unwrap().success());\n    assert!(Command::new("ar").args(["crs",'
            f' &format!("{{out}}/lib{lib}.a"), &object]).status().unwrap().success());\n   '
            f' println!("cargo:rustc-link-search=native={{out}}");\n    println!("cargo:rustc-link-lib=static={lib}");\n}}\n'
        ),
        main=(
            f'extern "C" {{\n    fn {f}() -> i32;\n    fn {g}() -> i32;\n}}\nfn main() {{\n    println!("{{}}", unsafe {{ {f}() +'
            f" {g}() }});\n}}\n"
        ),
    )
    c.file(f"src/{lib}.c", f"int {f}(void) {{ return 1; }}\n")
    c.matrix([L64, A64], ["build"])
    c.truth(
        "the library is found and has one of two functions",
        "project",
        g,
        [L64, A64],
        [],
        stage="build",
        package=p,
        verdicts=("fail", "broken"),
        near=["native_library_missing"],
    )


@cases("undefined_symbols", "said-by-lld")
def _(c):
    f = c.n.fn()
    p = c.pkg(
        main=(
            f'extern "C" {{\n    fn {f}(x: *const u8) -> usize;\n}}\nfn main() {{\n    println!("{{}}", unsafe {{'
            f" {f}(std::ptr::null()) }});\n}}\n"
        )
    )
    c.matrix([L64], ["build"], toolchain="stable")
    c.truth(
        "rustup's rustc links with its own lld, which says it in other words",
        "project",
        f,
        [L64],
        [],
        stage="build",
        package=p,
        verdicts=("fail", "broken"),
    )
