"""Toolchain: std, targets, age, crashes of the compiler."""

from make.common import *  # noqa: F403
from make.common import Cases, ident

cases = Cases()


def without_rustup(case):
    """The sweep finds no rustup on PATH: a shipped std cannot be had. Toolchains below RUSTUP_HOME are still found."""

    def prepare(run):
        run.env["PATH"] = ":".join(d for d in run.env["PATH"].split(":") if "cargo" not in d)

    case.prepare = prepare


# std_missing -----------------------------------------------------------------------------------------------------------
@cases("std_missing", "no-source-no-rustup")
def _(c):
    p = c.pkg(lib=c.n.filler())
    without_rustup(c)
    c.matrix([L64, S390], ["check"], toolchain="stable")
    c.truth(
        "a toolchain of rustup's without rust-src, and no rustup to ask",
        "toolchain",
        S390,
        [S390],
        [L64],
        stage="setup",
        package=p,
        verdicts=("broken",),
        made="forced",
        note="rustup was taken off PATH",
    )


@cases("std_missing", "std-crate-on-bare-metal")
def _(c):
    p = c.pkg(lib=f"use std::collections::HashMap;\npub fn {c.n.fn()}() -> HashMap<u8, u8> {{\n    HashMap::new()\n}}\n")
    c.matrix([L64, THUMB], ["check"])
    c.truth("a crate that needs std on a triple that has none", "project", "std", [THUMB], [L64], package=p)


@cases("std_missing", "dependency-needs-std")
def _(c):
    dep, f = c.n.crate(), c.n.fn()
    c.pkg(dep, name=dep, lib=f"pub fn {f}() -> String {{\n    String::new()\n}}\n")
    c.name = None
    c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"#![no_std]\npub use {ident(dep)}::{f};\n")
    c.matrix([FBSD, THUMB], ["check"])
    c.truth("no_std itself, its dependency is not", "dependency", "std", [THUMB], [FBSD], package=dep)


@cases("std_missing", "core-alone-asked-for")
def _(c):
    p = c.pkg(main='fn main() {\n    println!("%s");\n}\n' % c.n.word())
    c.matrix([RV], ["check"], std="core")
    c.truth("the matrix asks for core alone", "project", "std", [RV], [], package=p)


@cases("std_missing", "alloc-feature-of-registry-crate")
def _(c):
    c.pkg(deps='memchr = "2"', lib=f"#![no_std]\npub fn {c.n.fn()}(h: &[u8]) -> Option<usize> {{\n    memchr::memchr(7, h)\n}}\n")
    c.matrix([L64, THUMB], ["check"])
    c.truth(
        "a crate of the registry whose default feature is std",
        "project",
        "memchr",
        [THUMB],
        [L64],
        package="memchr",
        also=["feature_combination"],
    )


# std_does_not_build ------------------------------------------------------------------------------------------------------
for _variant, _triple, _words in (
    ("nuttx", "thumbv7em-nuttx-eabi", "libc as std uses it lacks a constant"),
    ("helenos", "x86_64-unknown-helenos", "cfg_select of the allocator without a branch"),
    ("trusty", "aarch64-unknown-trusty", "cfg_select of I/O errors without a branch"),
    ("wasip2", "wasm32-wasip2", "a build script of a dependency of std"),
):

    @cases("std_does_not_build", _variant)
    def _(c, triple=_triple, words=_words):
        p = c.pkg(lib=c.n.filler())
        c.matrix([L64, triple], ["check"])
        c.truth(words, "toolchain", triple, [triple], [L64], stage="setup", verdicts=("broken",), package=p)


# target_spec_unsupported ---------------------------------------------------------------------------------------------
for _variant, _triple, _words in (
    ("csky", "csky-unknown-linux-gnuabiv2", "this rustc has no such backend"),
    ("xtensa", "xtensa-esp32-none-elf", "rustc and LLVM disagree on the data layout"),
    ("avr", "avr-none", "needs -C target-cpu; core alone, a microcontroller"),
    ("amdgpu", "amdgcn-amd-amdhsa", "needs -C target-cpu; a graphics processor"),
):

    @cases("target_spec_unsupported", _variant)
    def _(c, triple=_triple, words=_words):
        p = c.pkg(lib="#![no_std]\n" + c.n.filler(1).replace("bytes()", "bytes()"))
        c.matrix([L64, triple], ["check"])
        c.truth(words, "toolchain", triple, [triple], [L64], stage="setup", verdicts=("broken", "fail"), package=p)


# toolchain_too_old ---------------------------------------------------------------------------------------------------
@cases("toolchain_too_old", "own-rust-version")
def _(c):
    p = c.pkg(package='rust-version = "1.99"\n', lib=c.n.filler())
    c.matrix([L64, MAC], ["check"])
    c.truth("rust-version of the package itself", "toolchain", "1.99", [L64, MAC], [], package=p, verdicts=("fail", "broken"))


@cases("toolchain_too_old", "rust-version-of-dependency")
def _(c):
    dep = c.n.crate()
    c.vendor(dep, "1.4.2", c.n.filler(), package='rust-version = "1.98"\n')
    c.pkg(deps=f'{dep} = "1"', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64], ["check"])
    c.truth("rust-version of a crate of the registry", "toolchain", "1.98", [L64], [], package=dep, verdicts=("fail", "broken"))


@cases("toolchain_too_old", "unstable-std-item")
def _(c):
    p = c.pkg(
        lib=(
            f"pub fn {c.n.fn()}(v: &[u32]) -> Option<u32> {{\n    v.iter().copied().try_reduce(|a, b|"
            " a.checked_add(b)).flatten()\n}\n"
        )
    )
    c.matrix([L64, S390], ["check"])
    c.truth("a method of std that is not stable yet", "project", "try_reduce", [L64, S390], [], package=p)


@cases("toolchain_too_old", "feature-attribute")
def _(c):
    p = c.pkg(lib=f"#![feature(portable_simd)]\n{c.n.filler()}")
    c.matrix([], ["check"], axes=f"triple: [{L64}]\ntoolchain: [system, nightly]")
    c.truth(
        "#![feature] on stable",
        "project",
        "portable_simd",
        [],
        [],
        package=p,
        cells={"failing": [f"{L64}/system"], "passing": [f"{L64}/nightly"]},
    )


@cases("toolchain_too_old", "edition")
def _(c):
    p = c.pkg(edition="2027", lib=c.n.filler())
    c.matrix([L64], ["check"])
    c.truth(
        "an edition this cargo does not know",
        "toolchain",
        "2027",
        [L64],
        [],
        stage="prepare",
        package=p,
        verdicts=("fail", "broken", "blocked"),
        also=["resolver_failed"],
    )


@cases("toolchain_too_old", "stable-since-next-release")
def _(c):
    p = c.pkg(lib=f"pub fn {c.n.fn()}(x: Option<u8>) -> u8 {{\n    std::assert_matches!(x, Some(_));\n    x.unwrap_or(0)\n}}\n")
    c.matrix([], ["check"], axes=f"triple: [{L64}]\ntoolchain: [system, stable]")
    c.truth(
        "a macro that became stable in 1.96",
        "toolchain",
        "assert_matches",
        [],
        [],
        package=p,
        cells={"failing": [f"{L64}/stable"], "passing": [f"{L64}/system"]},
    )


# compiler_crash ------------------------------------------------------------------------------------------------------
@cases("compiler_crash", "ice")
def _(c):
    p = c.pkg(
        main=(
            "#![feature(rustc_attrs)]\n#![allow(internal_features,"
            f" dead_code)]\n{c.n.filler(1)}\n#[rustc_delayed_bug_from_inside_query]\nfn main() {{}}\n"
        )
    )
    c.matrix([L64], ["check"], toolchain="nightly")
    c.truth(
        "an internal compiler error with its report",
        "toolchain",
        "rustc",
        [L64],
        [],
        package=p,
        made="forced",
        note="rustc's own attribute for testing its reports, on nightly",
        verdicts=("fail", "broken"),
    )


@cases("compiler_crash", "stack-overflow")
def _(c):
    depth = 60000
    p = c.pkg(lib=f"pub fn {c.n.fn()}() -> bool {{\n    " + "!" * depth + "true\n}\n")
    c.matrix([L64, FBSD], ["check"])
    c.truth(
        "rustc overflows its stack on a deep expression",
        "toolchain",
        "rustc",
        [L64, FBSD],
        [],
        package=p,
        made="real",
        verdicts=("fail", "broken"),
    )


@cases("compiler_crash", "aborted-by-proc-macro")
def _(c):
    dep, mac = c.n.crate(), c.n.fn()
    c.pkg(
        dep,
        name=dep,
        extra="[lib]\nproc-macro = true",
        lib=(
            f"extern crate proc_macro;\n#[proc_macro]\npub fn {mac}(_: proc_macro::TokenStream) -> proc_macro::TokenStream {{\n  "
            "  std::process::abort()\n}\n"
        ),
    )
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"{ident(dep)}::{mac}!();\n")
    c.matrix([L64, S390], ["check"])
    c.truth(
        "a macro of the project ends the process of rustc by SIGABRT",
        "project",
        "rustc",
        [L64, S390],
        [],
        package=p,
        also=["unknown"],
        verdicts=("fail", "broken"),
    )


@cases("compiler_crash", "killed")
def _(c):
    dep, mac = c.n.crate(), c.n.fn()
    c.pkg(
        dep,
        name=dep,
        extra="[lib]\nproc-macro = true",
        lib=(
            f"extern crate proc_macro;\n#[proc_macro]\npub fn {mac}(_: proc_macro::TokenStream) -> proc_macro::TokenStream {{\n  "
            '  let me = std::process::id().to_string();\n    std::process::Command::new("kill").args(["-9",'
            " &me]).status().unwrap();\n    std::thread::sleep(std::time::Duration::from_secs(30));\n   "
            " proc_macro::TokenStream::new()\n}\n"
        ),
    )
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', main=f"{ident(dep)}::{mac}!();\nfn main() {{}}\n")
    c.matrix([L64, MAC], ["check"])
    c.truth(
        "rustc is killed by SIGKILL",
        "environment",
        "rustc",
        [L64, MAC],
        [],
        package=p,
        made="forced",
        also=["out_of_memory"],
        verdicts=("fail", "broken"),
        note="a macro has its own process killed",
    )
