"""Crates with one test that fails and one that passes."""

from make.common import L64, ident

STAGES = ["test-no-run", "execute"]


def unit_tests(c, body, lib="", name=None, other=True):
    """A library whose test has this body, and one that passes. Returns (package, the test's name)."""
    t = name or c.n.fn()
    extra = f"    #[test]\n    fn {c.n.fn()}() {{\n        assert_eq!(2 + 2, 4);\n    }}\n" if other else ""
    lines = "\n".join("        " + line for line in body.strip().splitlines())
    p = c.pkg(
        lib=(
            f"{lib}{c.n.filler(1)}\n#[cfg(test)]\nmod tests {{\n    #[allow(unused_imports)]\n    use super::*;\n{extra}   "
            f" #[test]\n    fn {t}() {{\n{lines}\n    }}\n}}\n"
        )
    )
    return p, f"tests::{t}"


def outside(c, body, lib="", head=""):
    t = c.n.fn()
    p = c.pkg(lib=lib + c.n.filler(1))
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    file = c.n.word()
    c.file(
        f"tests/{file}.rs",
        f"{head}#[test]\nfn {t}() {{\n{lines}\n}}\n\n#[test]\nfn {c.n.fn()}() {{}}\n".replace("CRATE", ident(p)),
    )
    return p, t


def runner(c, triple, command, kind="emulated"):
    """Sweeps the tests of L64 and of `triple`, this one under a runner of the matrix."""
    c.matrix(
        [L64, triple],
        STAGES,
        raw=f"rules:\n  - match: triple = {triple}\n    runner: {{name: own, kind: {kind}, command: [{command}]}}",
    )
