"""Lints that are denied."""

from make.common import *  # noqa: F403
from make.common import Cases, ident

cases = Cases()


# lint_everywhere -----------------------------------------------------------------------------------------------------
@cases("lint_everywhere", "deny-warnings-unused")
def _(c):
    p = c.pkg(lib=f"#![deny(warnings)]\npub fn {c.n.fn()}() -> u8 {{\n    let {c.n.fn()} = 3;\n    4\n}}\n")
    c.matrix([L64, S390, MAC], ["check"])
    c.truth("deny(warnings) and an unused variable", "project", "unused_variables", [L64, S390, MAC], [], package=p)


@cases("lint_everywhere", "rustflags-of-matrix")
def _(c):
    p = c.pkg(lib=f"use std::collections::BTreeMap;\n{c.n.filler()}")
    c.matrix([L64, FBSD], ["check"], rustflags=["-Dwarnings"])
    c.truth("-Dwarnings from the matrix and an unused import", "project", "unused_imports", [L64, FBSD], [], package=p)


@cases("lint_everywhere", "denied-by-default")
def _(c):
    p = c.pkg(
        lib=(
            f"pub fn {c.n.fn()}(x: &u32) {{\n    #[allow(unused_unsafe)]\n    unsafe {{\n        *(x as *const u32 as *mut u32) ="
            " 3;\n    }\n}\n"
        )
    )
    c.matrix([L64, ARM], ["check"])
    c.truth(
        "a lint that rustc itself denies since some release", "project", "invalid_reference_casting", [L64, ARM], [], package=p
    )


@cases("lint_everywhere", "manifest-lints")
def _(c):
    p = c.pkg(
        extra='[lints.rust]\ndead_code = "deny"\nmissing_docs = "deny"',
        main=f"//! {c.n.word()}\nfn main() {{}}\nfn {c.n.fn()}() {{}}\n",
    )
    c.matrix([L64, WIN], ["check"])
    c.truth("denied in the manifest's [lints]", "project", "dead_code", [L64, WIN], [], package=p)


@cases("lint_everywhere", "deprecated-item-of-dependency")
def _(c):
    dep, f = c.n.crate(), c.n.fn()
    c.vendor(dep, "0.9.4", f'#[deprecated(since = "0.9.3", note = "use {c.n.fn()}")]\npub fn {f}() {{}}\n')
    p = c.pkg(deps=f'{dep} = "0.9"', lib=f"#![deny(deprecated)]\npub fn {c.n.fn()}() {{\n    {ident(dep)}::{f}()\n}}\n")
    c.matrix([L64, ILL], ["check"])
    c.truth("a function of a dependency that became deprecated", "project", "deprecated", [L64, ILL], [], package=p)


# lint_on_platform ----------------------------------------------------------------------------------------------------
@cases("lint_on_platform", "dead-code")
def _(c):
    f = c.n.fn()
    p = c.pkg(
        lib=(
            f'#![deny(dead_code)]\nfn {f}() -> u8 {{\n    1\n}}\n#[cfg(target_os = "linux")]\npub fn {c.n.fn()}() -> u8 {{\n   '
            f" {f}()\n}}\n"
        )
    )
    c.matrix([L64, S390, FBSD, MAC], ["check"])
    c.truth("used on one system alone", "project", f, [FBSD, MAC], [L64, S390], package=p, near=["lint_everywhere"])


@cases("lint_on_platform", "unused-import")
def _(c):
    p = c.pkg(
        lib=(
            f"#![deny(warnings)]\nuse std::path::Path;\npub fn {c.n.fn()}() -> usize {{\n    #[cfg(windows)]\n    return"
            ' Path::new("x").components().count();\n    #[cfg(not(windows))]\n    0\n}\n'
        )
    )
    c.matrix([WIN, L64, MAC], ["check"])
    c.truth(
        "an import used on windows alone, under deny(warnings)",
        "project",
        "std::path::Path",
        [L64, MAC],
        [WIN],
        package=p,
        near=["lint_everywhere"],
    )


@cases("lint_on_platform", "unused-mut")
def _(c):
    x = c.n.fn()
    p = c.pkg(
        lib=(
            f'pub fn {c.n.fn()}() -> u32 {{\n    let mut {x} = 1;\n    #[cfg(target_pointer_width = "64")]\n    {{\n        {x}'
            f" += 1;\n    }}\n    {x}\n}}\n"
        )
    )
    c.matrix([L64, A64, L32, ARM], ["check"], rustflags=["-Dwarnings"])
    c.truth("mut needed on 64-bit alone", "project", "unused_mut", [L32, ARM], [L64, A64], package=p, near=["lint_everywhere"])


@cases("lint_on_platform", "useless-comparison")
def _(c):
    p = c.pkg(lib=f"#![deny(unused_comparisons)]\npub fn {c.n.fn()}(x: std::ffi::c_char) -> bool {{\n    x < 0\n}}\n")
    c.matrix([L64, L32, A64, S390], ["check"])
    c.truth(
        "c_char is unsigned there",
        "project",
        "unused_comparisons",
        [A64, S390],
        [L64, L32],
        package=p,
        also=["platform_type_differs"],
    )


@cases("lint_on_platform", "unreachable-code")
def _(c):
    p = c.pkg(
        lib=(
            f'#![deny(unreachable_code)]\npub fn {c.n.fn()}() -> u8 {{\n    #[cfg(target_endian = "big")]\n    return 1;\n   '
            " 2\n}\n"
        )
    )
    c.matrix([L64, S390, PPC], ["check"])
    c.truth(
        "a return under cfg makes the rest unreachable",
        "project",
        "unreachable_code",
        [S390, PPC],
        [L64],
        package=p,
        near=["lint_everywhere"],
    )
