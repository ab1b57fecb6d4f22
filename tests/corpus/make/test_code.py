"""Test code that does not build, and doctests."""

from make.common import *  # noqa: F403
from make.common import Cases, ident

cases = Cases()


# test_build_only -----------------------------------------------------------------------------------------------------------
@cases("test_build_only", "dev-dependency-does-not-compile")
def _(c):
    dep, f = c.n.crate(), c.n.fn()
    c.pkg(dep, name=dep, lib=f"use std::arch::x86_64::_rdtsc;\npub fn {f}() -> u64 {{\n    unsafe {{ _rdtsc() }}\n}}\n")
    c.name = None
    c.pkg(
        extra=f'[dev-dependencies]\n{dep} = {{ path = "{dep}" }}',
        lib=c.n.filler(),
        tests__t_rs=f"#[test]\nfn {c.n.fn()}() {{\n    assert!({ident(dep)}::{f}() > 0);\n}}\n",
    )
    c.matrix([L64, A64, S390], ["check", "test-no-run"])
    c.truth(
        "a dev-dependency by path is for one architecture",
        "dependency",
        dep,
        [A64, S390],
        [L64],
        stage="test-no-run",
        package=dep,
        also=["foreign_arch_code"],
    )


@cases("test_build_only", "dev-dependency-for-one-platform")
def _(c):
    dep, f = c.n.crate(), c.n.fn()
    c.pkg(dep, name=dep, lib=f"pub fn {f}() -> u8 {{\n    1\n}}\n")
    c.name = None
    p = c.pkg(
        extra=f'[target.\'cfg(target_pointer_width = "64")\'.dev-dependencies]\n{dep} = {{ path = "{dep}" }}',
        lib=(
            f"{c.n.filler()}\n#[cfg(test)]\nmod tests {{\n    use {ident(dep)}::{f};\n    #[test]\n    fn {c.n.fn()}() {{\n      "
            f"  assert_eq!({f}(), 1);\n    }}\n}}\n"
        ),
    )
    c.matrix([L64, RV, L32, ARM], ["check", "test-no-run"])
    c.truth(
        "a dev-dependency declared for 64-bit, used by all unit tests",
        "project",
        dep,
        [L32, ARM],
        [L64, RV],
        stage="test-no-run",
        package=p,
        also=["dependency_not_declared"],
    )


@cases("test_build_only", "test-module-error")
def _(c):
    p = c.pkg(
        lib=(
            f'{c.n.filler()}\n#[cfg(test)]\nmod tests {{\n    #[test]\n    fn {c.n.fn()}() {{\n        let x: u32 = "4".len();\n '
            "       assert_eq!(x, 1);\n    }\n}\n"
        )
    )
    c.matrix([L64, L32], ["check", "test-no-run"])
    c.truth("a plain type error inside #[cfg(test)]", "project", "tests", [L64, L32], [], stage="test-no-run", package=p)


@cases("test_build_only", "test-uses-other-platform")
def _(c):
    p = c.pkg(
        lib=c.n.filler(),
        tests__p_rs=(
            f"use std::os::windows::process::ExitStatusExt;\n#[test]\nfn {c.n.fn()}() {{\n    let status ="
            " std::process::ExitStatus::from_raw(1);\n    assert!(!status.success());\n}\n"
        ),
    )
    c.matrix([L64, PPC64], ["check", "test-no-run"])
    c.truth(
        "an integration test written for windows",
        "project",
        "std::os::windows",
        [L64, PPC64],
        [],
        stage="test-no-run",
        package=p,
        also=["item_absent_on_platform", "configured_out"],
    )


@cases("test_build_only", "example")
def _(c):
    p = c.pkg(lib=c.n.filler(), examples__show_rs=f"fn main() {{\n    let {c.n.word()}: libc_like::Size = 3;\n}}\n")
    c.matrix([L64], ["check", "test-no-run"])
    c.truth(
        "an example, which cargo builds with the tests",
        "project",
        "libc_like",
        [L64],
        [],
        stage="test-no-run",
        package=p,
        also=["dependency_not_declared"],
    )


# doctest_only ----------------------------------------------------------------------------------------------------------------
def doc(c, text, filler=True):
    f = c.n.fn()
    body = "\n".join("/// " + line if line else "///" for line in text.splitlines())
    return (
        (
            f"{c.n.filler(1) if filler else ''}\n/// {c.n.word()}\n///\n/// ```\n{body}\n/// ```\npub fn {f}(x: usize) -> usize"
            f" {{\n    x.wrapping_mul(3)\n}}\n\n#[cfg(test)]\nmod tests {{\n    #[test]\n    fn {c.n.fn()}() {{}}\n}}\n"
        ),
        f,
    )


@cases("doctest_only", "does-not-compile")
def _(c):
    lib, f = doc(c, "let x = not_there(3);\nassert_eq!(x, 9);")
    p = c.pkg(lib=lib)
    c.matrix([L64], ["check", "test-no-run", "execute"])
    c.truth("an example in the documentation that does not compile", "project", f, [L64], [], stage="execute", package=p)


@cases("doctest_only", "assertion-by-width")
def _(c):
    lib, f = doc(c, "assert_eq!(NAME::FUNC(0x6000_0000) as u64, 0x1_2000_0000);")
    p = c.pkg(lib=lib)
    c.files["src/lib.rs"] = lib.replace("NAME", ident(p)).replace("FUNC", f)
    c.matrix([L64, L32], ["test-no-run", "execute"])
    c.truth(
        "a documented result that is right on 64-bit alone",
        "project",
        f,
        [L32],
        [L64],
        stage="execute",
        package=p,
        also=["test_pointer_width"],
    )


@cases("doctest_only", "panics")
def _(c):
    lib, f = doc(c, "let v: Vec<u32> = Vec::new();\nlet _ = v[0];")
    p = c.pkg(lib=lib)
    c.matrix([L64, S390], ["test-no-run", "execute"])
    c.truth(
        "an example in the documentation panics", "project", f, [L64, S390], [], stage="execute", package=p, also=["test_panic"]
    )


@cases("doctest_only", "needs-gated-item")
def _(c):
    g = c.n.fn()
    lib, f = doc(c, "assert_eq!(NAME::GATED(), 4);")
    p = c.pkg(lib="")
    c.files["src/lib.rs"] = (
        lib.replace("NAME", ident(p)).replace("GATED", g)
        + f'\n#[cfg(target_arch = "x86_64")]\npub fn {g}() -> u8 {{\n    4\n}}\n'
    )
    c.matrix([L64, A64], ["test-no-run", "execute"])
    c.truth(
        "a documented example uses what is gated by target_arch",
        "project",
        g,
        [A64],
        [L64],
        stage="execute",
        package=p,
        also=["configured_out"],
    )
