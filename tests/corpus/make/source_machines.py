"""Source and cfg: code of another architecture, artifacts a triple lacks, refusals."""

from make.common import *  # noqa: F403
from make.common import Cases, ident

cases = Cases()


# foreign_arch_code ---------------------------------------------------------------------------------------------------
@cases("foreign_arch_code", "intrinsics-import")
def _(c):
    p = c.pkg(
        lib=(
            f"use std::arch::x86_64::{{__m128i, _mm_setzero_si128}};\npub fn {c.n.fn()}() -> __m128i {{\n    unsafe {{"
            " _mm_setzero_si128() }\n}\n"
        )
    )
    c.matrix([L64, WIN, A64, L32], ["check"])
    c.truth(
        "core::arch of another architecture",
        "project",
        "std::arch::x86_64",
        [A64, L32],
        [L64, WIN],
        package=p,
        also=["configured_out"],
        near=["item_absent_on_platform"],
    )


@cases("foreign_arch_code", "asm-register")
def _(c):
    p = c.pkg(
        lib=(
            f'use std::arch::asm;\npub fn {c.n.fn()}() -> u64 {{\n    let x: u64;\n    unsafe {{ asm!("rdtsc", out("rax") x,'
            ' out("rdx") _) };\n    x\n}\n'
        )
    )
    c.matrix([L64, FBSD, A64, RV], ["check"])
    c.truth("asm! with registers of another architecture", "project", "rax", [A64, RV], [L64, FBSD], package=p)


@cases("foreign_arch_code", "asm-mnemonic")
def _(c):
    p = c.pkg(lib=f'use std::arch::asm;\npub fn {c.n.fn()}() {{\n    unsafe {{ asm!("pause") }}\n}}\n')
    c.matrix([L64, L32, A64, S390], ["build"])
    c.truth("an instruction that only codegen refuses", "project", "pause", [A64, S390], [L64, L32], stage="build", package=p)


@cases("foreign_arch_code", "abi")
def _(c):
    f = c.n.fn()
    p = c.pkg(lib=f'pub extern "sysv64" fn {f}(x: u64) -> u64 {{\n    x\n}}\n')
    c.matrix([L64, A64, PPC64], ["check"])
    c.truth("a calling convention of another architecture", "project", "sysv64", [A64, PPC64], [L64], package=p)


@cases("foreign_arch_code", "feature-detection")
def _(c):
    p = c.pkg(lib=f'pub fn {c.n.fn()}() -> bool {{\n    is_x86_feature_detected!("avx2")\n}}\n{c.n.filler(1)}')
    c.matrix([L64, L32, RV, MAC], ["check"])
    c.truth("is_x86_feature_detected! elsewhere", "project", "is_x86_feature_detected", [RV, MAC], [L64, L32], package=p)


@cases("foreign_arch_code", "target-feature")
def _(c):
    f = c.n.fn()
    p = c.pkg(lib=f'#[target_feature(enable = "avx2")]\npub unsafe fn {f}(x: u32) -> u32 {{\n    x.count_ones()\n}}\n')
    c.matrix([L64, S390, ARM], ["check"])
    c.truth("#[target_feature] of another architecture", "project", "avx2", [S390, ARM], [L64], package=p)


@cases("foreign_arch_code", "global-asm-in-dependency")
def _(c):
    dep, sym = c.n.crate(), c.n.fn()
    c.pkg(
        dep,
        name=dep,
        lib=(
            f'std::arch::global_asm!(".globl {sym}", "{sym}:", "mov eax, 1", "ret");\nextern "C" {{\n    pub fn {sym}() ->'
            " i32;\n}\n"
        ),
    )
    c.name = None
    c.pkg(
        deps=f'{dep} = {{ path = "{dep}" }}',
        main=f'fn main() {{\n    println!("{{}}", unsafe {{ {ident(dep)}::{sym}() }});\n}}\n',
    )
    c.matrix([L64, L32, A64], ["build"])
    c.truth("global_asm! of a dependency", "dependency", "global_asm", [A64], [L64, L32], stage="build", package=dep)


@cases("foreign_arch_code", "glob-and-many-names")
def _(c):
    f = c.n.fn()
    p = c.pkg(
        lib=(
            f"pub mod {c.n.fn()} {{\n    use std::arch::x86_64::*;\n\n    pub unsafe fn {f}(x: [i32; 4]) -> i32 {{\n        let"
            " a: __m128i = _mm_loadu_si128(x.as_ptr() as *const __m128i);\n        let b = _mm_add_epi32(a,"
            " _mm_set1_epi32(1));\n        _mm_cvtsi128_si32(b)\n    }\n}\n"
        )
    )
    c.matrix([L64, FBSD, MAC, RV], ["check"])
    c.truth(
        "a glob import of another architecture's module; every name in it is missing",
        "project",
        "std::arch::x86_64",
        [MAC, RV],
        [L64, FBSD],
        package=p,
        near=["item_absent_on_platform"],
    )


# artifact_unsupported ------------------------------------------------------------------------------------------------
@cases("artifact_unsupported", "dylib-dependency-bare-metal")
def _(c):
    dep, f = c.n.crate(), c.n.fn()
    c.pkg(dep, name=dep, extra='[lib]\ncrate-type = ["dylib"]', lib=f"#![no_std]\npub fn {f}() -> u8 {{\n    1\n}}\n")
    c.name = None
    c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"#![no_std]\npub use {ident(dep)}::{f};\n")
    c.matrix([THUMB], ["check"])
    c.truth("a dependency is a dylib, and bare metal has none", "dependency", "dylib", [THUMB], [], package=dep)


@cases("artifact_unsupported", "unwind-without-std")
def _(c):
    p = c.pkg(main="#![no_std]\n#![no_main]\n\n#[panic_handler]\nfn panic(_: &core::panic::PanicInfo) -> ! {\n    loop {}\n}\n")
    c.matrix([L64, S390], ["build"])
    c.truth(
        "a program without std on triples whose panic strategy is unwind",
        "project",
        "unwind",
        [L64, S390],
        [],
        stage="build",
        package=p,
    )


@cases("artifact_unsupported", "dylib-dependency-musl")
def _(c):
    dep, f = c.n.crate(), c.n.fn()
    c.pkg(dep, name=dep, extra='[lib]\ncrate-type = ["dylib"]', lib=f"pub fn {f}() -> u8 {{\n    1\n}}\n")
    c.name = None
    c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)}::{f};\n")
    c.matrix([L64, MUSL], ["check"])
    c.truth("a dependency is a dylib and the triple links statically", "dependency", "dylib", [MUSL], [L64], package=dep)


# unsupported_on_purpose ----------------------------------------------------------------------------------------------
@cases("unsupported_on_purpose", "compile-error")
def _(c):
    p = c.pkg(lib=f'#[cfg(not(unix))]\ncompile_error!("{c.n.word()} needs a unix");\n{c.n.filler()}')
    c.matrix([L64, FBSD, WIN, WASM], ["check"])
    c.truth("compile_error! under cfg(not(unix))", "project", "not(unix)", [WIN, WASM], [L64, FBSD], package=p)


@cases("unsupported_on_purpose", "compile-error-in-dependency")
def _(c):
    dep = c.n.crate()
    c.pkg(dep, name=dep, lib='#[cfg(not(target_pointer_width = "64"))]\ncompile_error!("only 64-bit targets");\n' + c.n.filler(1))
    c.name = None
    c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64, PPC64, L32, ARM], ["check"])
    c.truth(
        "compile_error! of a dependency for 32-bit", "dependency", "target_pointer_width", [L32, ARM], [L64, PPC64], package=dep
    )


@cases("unsupported_on_purpose", "build-script-panic")
def _(c):
    p = c.pkg(
        package='build = "build.rs"\n',
        build_rs=(
            'fn main() {\n    let os = std::env::var("CARGO_CFG_TARGET_OS").unwrap();\n    if os != "linux" {\n       '
            ' panic!("unsupported target: {os}");\n    }\n}\n'
        ),
        lib=c.n.filler(),
    )
    c.matrix([L64, S390, FBSD, MAC], ["check"])
    c.truth(
        "the build script panics: unsupported target",
        "project",
        "unsupported target",
        [FBSD, MAC],
        [L64, S390],
        package=p,
        near=["build_script_failed"],
    )


@cases("unsupported_on_purpose", "build-script-exit-in-dependency")
def _(c):
    dep = c.n.crate()
    c.pkg(
        dep,
        name=dep,
        package='build = "build.rs"\n',
        lib=c.n.filler(1),
        build_rs=(
            'use std::env;\nfn main() {\n    let arch = env::var("CARGO_CFG_TARGET_ARCH").unwrap();\n    match arch.as_str() {\n '
            '       "x86_64" | "aarch64" => {}\n        other => {\n            eprintln!("error: {other} is not supported by'
            ' this crate");\n            std::process::exit(1);\n        }\n    }\n}\n'
        ),
    )
    c.name = None
    c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64, A64, RV, L32], ["check"])
    c.truth(
        "the build script of a dependency exits with 1 and says so",
        "dependency",
        "not supported",
        [RV, L32],
        [L64, A64],
        package=dep,
        near=["build_script_failed"],
    )


@cases("unsupported_on_purpose", "else-of-chain")
def _(c):
    m = c.n.fn()
    p = c.pkg(
        lib=(
            f'#[cfg(target_endian = "little")]\nmod {m} {{\n    pub fn order() -> u8 {{\n        0\n   '
            f' }}\n}}\n#[cfg(target_endian = "big")]\nmod {m} {{\n    compile_error!("big-endian machines are not supported'
            f' yet");\n    pub fn order() -> u8 {{\n        1\n    }}\n}}\npub use {m}::order;\n'
        )
    )
    c.matrix([L64, S390, PPC], ["check"])
    c.truth("compile_error! inside a module for big-endian", "project", "target_endian", [S390, PPC], [L64], package=p)


@cases("unsupported_on_purpose", "other-errors-follow")
def _(c):
    dep, m, f = c.n.crate(), c.n.fn(), c.n.fn()
    c.pkg(
        dep,
        name=dep,
        lib=(
            f'#[cfg(not(any(target_os = "linux", target_os = "macos")))]\ncompile_error!("{dep} supports only Linux and'
            f' macOS");\n\n#[cfg(target_os = "linux")]\n#[path = "one.rs"]\nmod {m};\n#[cfg(target_os = "macos")]\n#[path ='
            f' "one.rs"]\nmod {m};\n\npub use {m}::{f};\n'
        ),
        src__one_rs=f"pub fn {f}() -> u8 {{\n    1\n}}\n",
    )
    c.name = None
    c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)}::{f};\n")
    c.matrix([L64, MAC, FBSD, NBSD], ["check"])
    c.truth(
        "compile_error! and, behind it, a module that is missing for the same reason",
        "dependency",
        "target_os",
        [FBSD, NBSD],
        [L64, MAC],
        package=dep,
        near=["no_body_for_platform", "dependency_not_declared"],
    )
