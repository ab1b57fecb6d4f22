"""Tests that compute something else than they expect."""

from make.common import *  # noqa: F403
from make.common import Cases, ident
from make.test_crates import STAGES, outside, unit_tests

cases = Cases()


# test_assertion ------------------------------------------------------------------------------------------------------------
@cases("test_assertion", "equal")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(c, f'assert_eq!({f}(6), 43, "{c.n.word()}");', lib=f"pub fn {f}(x: u32) -> u32 {{\n    x * 7\n}}\n")
    c.matrix([L64, A64], STAGES)
    c.truth("assert_eq! of a unit test, everywhere", "project", t, [L64, A64], [], stage="execute", package=p, test=t)


@cases("test_assertion", "integration-contains")
def _(c):
    f = c.n.fn()
    p, t = outside(
        c,
        f'assert!(CRATE::{f}().contains("{c.n.word()}"), "got {{}}", CRATE::{f}());',
        lib=f'pub fn {f}() -> String {{\n    "{c.n.word()}".into()\n}}\n',
    )
    c.matrix([L64, S390], STAGES)
    c.truth("assert! with words in an integration test", "project", t, [L64, S390], [], stage="execute", package=p, test=t)


@cases("test_assertion", "should-panic")
def _(c):
    t = c.n.fn()
    p = c.pkg(
        lib=(
            f'{c.n.filler(1)}\n#[test]\n#[should_panic(expected = "{c.n.word()}")]\nfn {t}() {{\n    let _ ='
            f' "{c.n.word()}".len();\n}}\n'
        )
    )
    c.matrix([L64], STAGES)
    c.truth("should_panic that did not", "project", t, [L64], [], stage="execute", package=p, test=t)


@cases("test_assertion", "path-separator")
def _(c):
    p, t = unit_tests(
        c,
        'let path = std::env::temp_dir().join("a").join("b");\nassert!(path.to_string_lossy().contains(\'\\\\\'), "no separator'
        ' in {path:?}");',
    )
    c.matrix([L64, RV], STAGES)
    c.truth("expects what another system does", "project", t, [L64, RV], [], stage="execute", package=p, test=t)


# test_panic ------------------------------------------------------------------------------------------------------------------
@cases("test_panic", "unwrap-none")
def _(c):
    p, t = unit_tests(c, 'let x: Option<u8> = "".bytes().next();\nassert_eq!(x.unwrap(), 3);')
    c.matrix([L64, ARM], STAGES)
    c.truth("unwrap of None", "project", t, [L64, ARM], [], stage="execute", package=p, test=t)


@cases("test_panic", "index")
def _(c):
    f = c.n.fn()
    p, t = outside(c, f"let v = CRATE::{f}();\nassert_eq!(v[7], 0);", lib=f"pub fn {f}() -> Vec<u8> {{\n    vec![0; 4]\n}}\n")
    c.matrix([L64, PPC64], STAGES)
    c.truth("index out of bounds", "project", t, [L64, PPC64], [], stage="execute", package=p, test=t)


@cases("test_panic", "missing-file-expect")
def _(c):
    f = c.n.word() + ".json"
    p, t = unit_tests(
        c, f'let text = std::fs::read_to_string("tests/data/{f}").expect("read the sample");\nassert!(!text.is_empty());'
    )
    c.matrix([L64], STAGES)
    c.truth(
        "expect of a file that is not there",
        "project",
        t,
        [L64],
        [],
        stage="execute",
        package=p,
        test=t,
        also=["package_incomplete"],
    )


@cases("test_panic", "overflow")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(
        c, f"assert_eq!({f}(&[200, 100]), 44);", lib=f"pub fn {f}(v: &[u8]) -> u8 {{\n    v.iter().fold(0u8, |a, b| a + b)\n}}\n"
    )
    c.matrix([L64, S390], STAGES)
    c.truth("attempt to add with overflow", "project", t, [L64, S390], [], stage="execute", package=p, test=t)


# test_endianness -------------------------------------------------------------------------------------------------------------
@cases("test_endianness", "to-ne-bytes")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(
        c, f"assert_eq!({f}(0x0102_0304), [4, 3, 2, 1]);", lib=f"pub fn {f}(x: u32) -> [u8; 4] {{\n    x.to_ne_bytes()\n}}\n"
    )
    c.matrix([L64, PPC64, S390], STAGES)
    c.truth(
        "native bytes written where little-endian is meant",
        "project",
        t,
        [S390],
        [L64, PPC64],
        stage="execute",
        package=p,
        test=t,
    )


@cases("test_endianness", "read-of-file-format")
def _(c):
    f = c.n.fn()
    p, t = outside(
        c,
        f"let data = [2u8, 0, 0, 0, 9, 9];\nassert_eq!(CRATE::{f}(&data), &[9, 9]);",
        lib=(
            f"pub fn {f}(d: &[u8]) -> &[u8] {{\n    let n = unsafe {{ (d.as_ptr() as *const u32).read_unaligned() }} as usize;\n "
            "   &d[4..4 + n]\n}\n"
        ),
    )
    c.matrix([L64, A64, S390], STAGES)
    c.truth(
        "a length read by a pointer: a slice index far out of range",
        "project",
        t,
        [S390],
        [L64, A64],
        stage="execute",
        package=p,
        test=t,
        near=["test_panic"],
    )


@cases("test_endianness", "hash-of-words")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(
        c,
        f'assert_eq!({f}(b"abcdefgh"), 0x6867_6665_6463_6261);',
        lib=f"pub fn {f}(x: &[u8; 8]) -> u64 {{\n    unsafe {{ std::mem::transmute(*x) }}\n}}\n",
    )
    c.matrix([L64, L32, S390], STAGES)
    c.truth("transmute of bytes, compared with a number", "project", t, [S390], [L64, L32], stage="execute", package=p, test=t)


@cases("test_endianness", "union-low-half")
def _(c):
    u = c.n.ty()
    p, t = unit_tests(
        c,
        f"let x = {u} {{ whole: 0x0000_0001 }};\nassert_eq!(unsafe {{ x.half[0] }}, 1);",
        lib=f"pub union {u} {{\n    pub whole: u32,\n    pub half: [u16; 2],\n}}\n",
    )
    c.matrix([L64, S390], STAGES)
    c.truth(
        "the low half of a union taken for the first",
        "project",
        t,
        [S390],
        [L64],
        stage="execute",
        package=p,
        test=t,
        near=["layout_differs"],
    )


@cases("test_endianness", "several-tests-in-two-binaries")
def _(c):
    f, g = c.n.fn(), c.n.fn()
    p = c.pkg(
        lib=(
            f"pub fn {f}(words: &[u16]) -> Vec<u8> {{\n    let bytes = unsafe {{ std::slice::from_raw_parts(words.as_ptr() as"
            " *const u8, words.len() * 2) };\n    bytes.to_vec()\n}\n\n"
            f"#[cfg(test)]\nmod tests {{\n    use super::*;\n    #[test]\n    fn {g}() {{\n        assert_eq!({f}(&[0x4241]),"
            f' b"AB");\n    }}\n    #[test]\n    fn {c.n.fn()}() {{\n        assert_eq!({f}(&[]), b"");\n    }}\n'
            f'    #[test]\n    fn {c.n.fn()}() {{\n        assert_eq!(std::str::from_utf8(&{f}(&[0x0041])).unwrap(), "A\\0");\n  '
            "  }\n}\n"
        )
    )
    c.file(
        "tests/outside.rs",
        f"#[test]\nfn {c.n.fn()}() {{\n    let hash = {ident(p)}::{f}(&[1, 2]).iter().fold(7u32, |a, b| a.rotate_left(5) ^"
        ' u32::from(*b));\n    assert_eq!(hash, 0x{:x}, "checksum of the table");\n}\n'.replace(
            "0x{:x}", str(__import__("functools").reduce(lambda a, b: (((a << 5) | (a >> 27)) & 0xFFFFFFFF) ^ b, [1, 0, 2, 0], 7))
        ),
    )
    c.matrix([L64, RV, S390], STAGES)
    c.truth(
        "three tests of two binaries fail for one reason",
        "project",
        f"tests::{g}",
        [S390],
        [L64, RV],
        stage="execute",
        package=p,
        test=f"tests::{g}",
    )


# test_pointer_width ----------------------------------------------------------------------------------------------------------
@cases("test_pointer_width", "length-in-usize")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(
        c,
        f"assert_eq!({f}(5 << 30), Ok(5_368_709_120u64 as usize));\nassert!({f}(5 << 30).is_ok());",
        lib=f"pub fn {f}(x: u64) -> Result<usize, std::num::TryFromIntError> {{\n    usize::try_from(x)\n}}\n",
    )
    c.matrix([L64, S390, L32, ARM], STAGES)
    c.truth("a 64-bit length does not fit into usize", "project", t, [L32, ARM], [L64, S390], stage="execute", package=p, test=t)


@cases("test_pointer_width", "multiply-overflow")
def _(c):
    f = c.n.fn()
    p, t = outside(
        c, f"assert!(CRATE::{f}(70_000, 70_000) > 0);", lib=f"pub fn {f}(a: usize, b: usize) -> usize {{\n    a * b\n}}\n"
    )
    c.matrix([L64, A64, L32, ARM], STAGES)
    c.truth(
        "a product that overflows 32 bits panics",
        "project",
        t,
        [L32, ARM],
        [L64, A64],
        stage="execute",
        package=p,
        test=t,
        near=["test_panic"],
    )


@cases("test_pointer_width", "size-of-struct")
def _(c):
    ty = c.n.ty()
    p, t = unit_tests(c, f"assert_eq!(std::mem::size_of::<{ty}>(), 24);", lib=f"pub struct {ty} {{\n    pub a: Vec<u8>,\n}}\n")
    c.matrix([L64, PPC64, L32], STAGES)
    c.truth(
        "the size of a struct of pointers",
        "project",
        t,
        [L32],
        [L64, PPC64],
        stage="execute",
        package=p,
        test=t,
        also=["layout_differs"],
    )


@cases("test_pointer_width", "capacity-overflow")
def _(c):
    p, t = unit_tests(
        c, "let mut v: Vec<u64> = Vec::new();\nv.try_reserve_exact(1 << 29).unwrap();\nassert!(v.capacity() >= 1 << 29);"
    )
    c.matrix([L64, L32, ARM], STAGES)
    c.truth(
        "4 GiB asked for at once: more than the address space",
        "project",
        t,
        [L32, ARM],
        [L64],
        stage="execute",
        package=p,
        test=t,
        also=["emulator_memory", "test_panic"],
    )
