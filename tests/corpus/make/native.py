"""Native libraries, their compilers, and the C library."""

from make.common import *  # noqa: F403
from make.common import Cases, ident

cases = Cases()


# native_library_missing --------------------------------------------------------------------------------------------------
@cases("native_library_missing", "link-attribute")
def _(c):
    lib, f = c.n.word(), c.n.fn()
    p = c.pkg(
        main=(
            f'#[link(name = "{lib}")]\nextern "C" {{\n    fn {f}() -> i32;\n}}\nfn main() {{\n    println!("{{}}", unsafe {{'
            f" {f}() }});\n}}\n"
        )
    )
    c.matrix([L64, S390], ["check", "build"])
    c.truth(
        "#[link] of a library that no machine has",
        "environment",
        lib,
        [L64, S390],
        [],
        stage="build",
        package=p,
        verdicts=("broken", "fail"),
    )


@cases("native_library_missing", "for-foreign-alone")
def _(c):
    f = "zlibVersion"
    p = c.pkg(
        package='build = "build.rs"\n',
        build_rs='fn main() {\n    println!("cargo:rustc-link-lib=z");\n}\n',
        main=(
            f'extern "C" {{\n    fn {f}() -> *const std::ffi::c_char;\n}}\nfn main() {{\n    println!("{{:?}}", unsafe {{ {f}()'
            " });\n}\n"
        ),
    )
    c.matrix([L64, A64, RV], ["build"])
    c.truth(
        "a library that is installed for the host alone",
        "environment",
        "z",
        [A64, RV],
        [L64],
        stage="build",
        package=p,
        verdicts=("broken", "fail"),
    )


@cases("native_library_missing", "pkg-config-crate")
def _(c):
    lib = "lib" + c.n.word()
    p = c.pkg(
        package='build = "build.rs"\n',
        extra='[build-dependencies]\npkg-config = "0.3"',
        lib=c.n.filler(),
        build_rs=f'fn main() {{\n    pkg_config::Config::new().atleast_version("1.2").probe("{lib}").unwrap();\n}}\n',
    )
    c.matrix([L64, A64], ["check"])
    c.truth(
        "the pkg-config crate does not find it",
        "environment",
        lib,
        [L64, A64],
        [],
        package=p,
        verdicts=("broken", "fail"),
        near=["build_script_failed"],
    )


@cases("native_library_missing", "sys-crate-by-hand")
def _(c):
    dep, lib = c.n.crate() + "-sys", c.n.word()
    c.pkg(
        dep,
        name=dep,
        package=f'build = "build.rs"\nlinks = "{lib}"\n',
        lib=c.n.filler(1),
        build_rs=(
            'use std::process::Command;\nfn main() {\n    let found = Command::new("pkg-config").args(["--libs",'
            f' "{lib}"]).status();\n    if !found.map(|s| s.success()).unwrap_or(false) {{\n        eprintln!("Could not find'
            f' native library `{lib}`. Install lib{lib}-dev or set {lib.upper()}_DIR.");\n        std::process::exit(1);\n   '
            " }\n}\n"
        ),
    )
    c.name = None
    c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([S390, FBSD], ["check"])
    c.truth(
        "a -sys crate of its own asks pkg-config and says what to install",
        "environment",
        lib,
        [S390, FBSD],
        [],
        package=dep,
        verdicts=("broken", "fail"),
        near=["build_script_failed"],
    )


@cases("native_library_missing", "said-by-lld")
def _(c):
    dep, lib, f = c.n.crate(), c.n.word(), c.n.fn()
    c.pkg(dep, name=dep, lib=f'#[link(name = "{lib}", kind = "dylib")]\nextern "C" {{\n    pub fn {f}() -> i32;\n}}\n')
    c.name = None
    p = c.pkg(
        deps=f'{dep} = {{ path = "{dep}" }}', main=f'fn main() {{\n    println!("{{}}", unsafe {{ {ident(dep)}::{f}() }});\n}}\n'
    )
    c.matrix([L64], ["build"], toolchain="nightly")
    c.truth(
        "rustup's rustc links with its own lld, which says it in other words",
        "environment",
        lib,
        [L64],
        [],
        stage="build",
        package=p,
        verdicts=("fail", "broken"),
    )


# c_compiler_missing ------------------------------------------------------------------------------------------------------
CC_BUILD = 'fn main() {\n    cc::Build::new().file("src/part.c").compile("%s");\n}\n'


@cases("c_compiler_missing", "cc-crate-musl")
def _(c):
    p = c.pkg(
        package='build = "build.rs"\n',
        extra='[build-dependencies]\ncc = "1"',
        build_rs=CC_BUILD % c.n.word(),
        lib=c.n.filler(1),
        src__part_c="int one(void) { return 1; }\n",
    )
    c.matrix([L64, A64, MUSL, PPC], ["check"])
    c.truth(
        "the cc crate finds no compiler for the triple",
        "environment",
        "musl-gcc",
        [MUSL, PPC],
        [L64, A64],
        package=p,
        verdicts=("broken", "fail"),
        near=["build_script_failed", "linker_missing"],
    )


@cases("c_compiler_missing", "named-by-environment")
def _(c):
    cc = c.n.word() + "-clang"
    p = c.pkg(
        package='build = "build.rs"\n',
        extra='[build-dependencies]\ncc = "1"',
        build_rs=CC_BUILD % c.n.word(),
        lib=c.n.filler(1),
        src__part_c="int one(void) { return 1; }\n",
    )
    c.matrix([L64, RV], ["check"], raw=f"rules:\n  - match: triple = {RV}\n    env: {{CC: {cc}}}")
    c.truth(
        "CC of the matrix names what is not there",
        "environment",
        cc,
        [RV],
        [L64],
        package=p,
        verdicts=("broken", "fail"),
        near=["build_script_failed"],
    )


@cases("c_compiler_missing", "command-by-hand")
def _(c):
    p = c.pkg(
        package='build = "build.rs"\n',
        lib=c.n.filler(1),
        src__part_c="int one(void) { return 1; }\n",
        build_rs=(
            'use std::{env, process::Command};\nfn main() {\n    let arch = env::var("CARGO_CFG_TARGET_ARCH").unwrap();\n    let'
            ' cc = format!("{arch}-linux-gnu-gcc");\n    let out = env::var("OUT_DIR").unwrap();\n    let status ='
            ' Command::new(&cc).args(["-c", "src/part.c", "-o"]).arg(format!("{out}/part.o")).status().unwrap_or_else(|e|'
            ' panic!("failed to run {cc}: {e}"));\n    assert!(status.success());\n}\n'
        ),
    )
    c.matrix([L64, S390, "mips64-unknown-linux-gnuabi64"][:2] + [PPC], ["check"])
    c.truth(
        "a build script starts a compiler by a name it puts together",
        "environment",
        "powerpc-linux-gnu-gcc",
        [PPC],
        [L64, S390],
        package=p,
        verdicts=("broken", "fail"),
        near=["build_script_failed"],
    )


@cases("c_compiler_missing", "cc-crate-in-dependency-bsd")
def _(c):
    dep = c.n.crate()
    c.pkg(
        dep,
        name=dep,
        package='build = "build.rs"\n',
        extra='[build-dependencies]\ncc = "1"',
        build_rs=CC_BUILD % c.n.word(),
        lib=c.n.filler(1),
        src__part_c="#include <stdlib.h>\nint one(void) { return abs(-1); }\n",
    )
    c.name = None
    c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64, THUMB], ["check"])
    c.truth(
        "a dependency compiles C for bare metal",
        "environment",
        "arm-none-eabi-gcc",
        [THUMB],
        [L64],
        package=dep,
        verdicts=("broken", "fail"),
    )


# glibc_too_new -------------------------------------------------------------------------------------------------------------
# No older system is at hand: the executable is linked against a stand-in of the C library that promises a version which no
# real one has. Loader and message are real.
STUB = (
    'use std::{env, fs, process::Command};\nfn main() {\n    let out = env::var("OUT_DIR").unwrap();\n    let cc = match'
    ' env::var("CARGO_CFG_TARGET_ARCH").unwrap().as_str() {\n        "s390x" => "s390x-linux-gnu-gcc",\n        "aarch64" =>'
    ' "aarch64-linux-gnu-gcc",\n        _ => "gcc",\n    };\n    fs::write(format!("{out}/v.map"), "GLIBC_%(v)s { global: %(f)s;'
    ' };\\n").unwrap();\n    let done = Command::new(cc).args(["-shared", "-fPIC", "-nostdlib", "-Wl,-soname,libresolv.so.2",'
    ' "src/stub.c", "-o"])\n       '
    ' .arg(format!("{out}/libstub.so")).arg(format!("-Wl,--version-script={out}/v.map")).status().unwrap();\n   '
    ' assert!(done.success());\n    println!("cargo:rustc-link-search=native={out}");\n   '
    ' println!("cargo:rustc-link-lib=dylib=stub");\n}\n'
)


def newer_glibc(c, version, triples, **truth):
    f = c.n.fn()
    p = c.pkg(
        package='build = "build.rs"\n',
        build_rs=STUB % {"v": version, "f": f},
        src__stub_c=f"int {f}(void) {{ return 1; }}\n",
        lib=(
            f'extern "C" {{\n    pub fn {f}() -> i32;\n}}\n#[test]\nfn {c.n.fn()}() {{\n    assert_eq!(unsafe {{ {f}() }},'
            f" 1);\n}}\n#[test]\nfn {c.n.fn()}() {{}}\n"
        ),
    )
    c.matrix(triples, ["test-no-run", "execute"])
    c.truth(
        subject=f"GLIBC_{version}",
        failing=triples,
        stage="execute",
        package=p,
        made="forced",
        note="linked against a stand-in of libresolv",
        fault="environment",
        verdicts=("broken", "fail", "suspect"),
        **truth,
    )


@cases("glibc_too_new", "native")
def _(c):
    newer_glibc(c, "2.41", [L64], kind="a test executable asks for a newer glibc than this machine has")


@cases("glibc_too_new", "emulated")
def _(c):
    newer_glibc(c, "2.39", [S390, A64], kind="the sysroot's glibc under QEMU is too old", near=["emulator_loader_mix"])


@cases("glibc_too_new", "build-script")
def _(c):
    f = c.n.fn()
    dep = c.n.crate()
    c.pkg(
        dep,
        name=dep,
        package='build = "build.rs"\n',
        build_rs=STUB.replace('env::var("CARGO_CFG_TARGET_ARCH").unwrap().as_str()', '"x86_64"') % {"v": "2.42", "f": f},
        src__stub_c=f"int {f}(void) {{ return 1; }}\n",
        lib=f'extern "C" {{\n    pub fn {f}() -> i32;\n}}\n',
    )
    c.name = None
    p = c.pkg(
        package='build = "build.rs"\n',
        extra=f'[build-dependencies]\n{dep} = {{ path = "{dep}" }}',
        lib=c.n.filler(),
        build_rs=f'fn main() {{\n    println!("cargo:rustc-env=N={{}}", unsafe {{ {ident(dep)}::{f}() }});\n}}\n',
    )
    c.matrix([FBSD, L64], ["check"])
    c.truth(
        "a build script that was linked against a newer glibc",
        "environment",
        "GLIBC_2.42",
        [FBSD, L64],
        [],
        package=p,
        made="forced",
        note="linked against a stand-in of libresolv",
        verdicts=("broken", "fail"),
        near=["build_script_failed"],
    )
