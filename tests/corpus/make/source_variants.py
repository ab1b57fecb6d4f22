"""Source and cfg: what has no variant for a platform, and cfgs that mean something else than was meant."""

from make.common import *  # noqa: F403
from make.common import Cases, ident

cases = Cases()


# no_body_for_platform ------------------------------------------------------------------------------------------------
@cases("no_body_for_platform", "functions-by-os")
def _(c):
    f = c.n.fn()
    p = c.pkg(
        lib=(
            f'#[cfg(target_os = "linux")]\nfn {f}() -> &\'static str {{\n    "l"\n}}\n\n#[cfg(target_os = "macos")]\nfn {f}() ->'
            f' &\'static str {{\n    "m"\n}}\n\n#[cfg(windows)]\nfn {f}() -> &\'static str {{\n    "w"\n}}\n\npub fn {c.n.fn()}()'
            f" -> usize {{\n    {f}().len()\n}}\n"
        )
    )
    c.matrix([L64, MAC, WIN, FBSD, NBSD], ["check"])
    c.truth(
        "a function with bodies for three systems and none for the rest",
        "project",
        f,
        [FBSD, NBSD],
        [L64, MAC, WIN],
        package=p,
        near=["configured_out"],
    )


@cases("no_body_for_platform", "modules-by-family")
def _(c):
    m, f = c.n.fn(), c.n.fn()
    p = c.pkg(
        lib=(
            f'#[cfg(unix)]\n#[path = "on_unix.rs"]\nmod {m};\n#[cfg(windows)]\n#[path = "on_windows.rs"]\nmod {m};\n\npub use'
            f" {m}::{f};\n"
        ),
        src__on_unix_rs=f"pub fn {f}() -> u8 {{\n    1\n}}\n",
        src__on_windows_rs=f"pub fn {f}() -> u8 {{\n    2\n}}\n",
    )
    c.matrix([L64, WIN, WASM], ["check"])
    c.truth(
        "two files for one module, by family, and a third family",
        "project",
        m,
        [WASM],
        [L64, WIN],
        package=p,
        near=["configured_out", "dependency_not_declared"],
    )


@cases("no_body_for_platform", "tail-of-function")
def _(c):
    f = c.n.fn()
    p = c.pkg(
        lib=(
            f'pub fn {f}() -> u32 {{\n    #[cfg(target_arch = "x86_64")]\n    {{\n        64\n    }}\n    #[cfg(target_arch ='
            f' "aarch64")]\n    {{\n        128\n    }}\n}}\n{c.n.filler()}'
        )
    )
    c.matrix([L64, A64, S390, RV], ["check"])
    c.truth(
        "every cfg block of a function's body is off: it returns ()",
        "project",
        f,
        [S390, RV],
        [L64, A64],
        package=p,
        near=["platform_type_differs"],
    )


@cases("no_body_for_platform", "let-by-width")
def _(c):
    x = c.n.fn()
    p = c.pkg(
        lib=(
            f'pub fn {c.n.fn()}() -> u64 {{\n    #[cfg(target_endian = "little")]\n    let {x} = 1u64;\n   '
            f' #[cfg(all(target_endian = "big", target_pointer_width = "32"))]\n    let {x} = 2u64;\n    {x} * 3\n}}\n'
        )
    )
    c.matrix([L64, PPC, S390], ["check"])
    c.truth(
        "a variable bound under two cfgs that do not cover 64-bit big-endian",
        "project",
        x,
        [S390],
        [L64, PPC],
        package=p,
        near=["configured_out"],
    )


@cases("no_body_for_platform", "cfg-attr-path")
def _(c):
    m = c.n.fn()
    p = c.pkg(
        lib=f'#[cfg_attr(unix, path = "{m}_u.rs")]\n#[cfg_attr(windows, path = "{m}_w.rs")]\npub mod {m};\n',
        **{f"src__{m}_u_rs": c.n.filler(1), f"src__{m}_w_rs": c.n.filler(1)},
    )
    c.matrix([L64, WIN, WASM], ["check"])
    c.truth(
        "cfg_attr(path) for two families; the third has no file",
        "project",
        m,
        [WASM],
        [L64, WIN],
        package=p,
        near=["package_incomplete"],
    )


@cases("no_body_for_platform", "trait-method")
def _(c):
    tr, ty, f = c.n.ty(), c.n.ty(), c.n.fn()
    p = c.pkg(
        lib=(
            f"pub trait {tr} {{\n    fn {f}(&self) -> u8;\n}}\npub struct {ty};\nimpl {tr} for {ty} {{\n    #[cfg(target_os ="
            f' "linux")]\n    fn {f}(&self) -> u8 {{\n        1\n    }}\n    #[cfg(target_os = "freebsd")]\n    fn {f}(&self) ->'
            " u8 {\n        2\n    }\n}\n"
        )
    )
    c.matrix([L64, FBSD, ILL], ["check"])
    c.truth("a required method has bodies for two systems", "project", f, [ILL], [L64, FBSD], package=p, near=["configured_out"])


@cases("no_body_for_platform", "constant-in-dependency")
def _(c):
    dep, k = c.n.crate(), c.n.const()
    c.pkg(
        dep,
        name=dep,
        lib="".join(
            f'#[cfg(target_arch = "{a}")]\npub const {k}: usize = {v};\n' for a, v in (("x86_64", 64), ("x86", 64), ("arm", 32))
        ),
    )
    c.name = None
    p = c.pkg(
        deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub static {c.n.const()}: [u8; {ident(dep)}::{k}] = [0; {ident(dep)}::{k}];\n"
    )
    c.matrix([L64, L32, PPC64, A64], ["check"])
    c.truth(
        "a constant of a dependency that is defined for three architectures",
        "dependency",
        f"{ident(dep)}::{k}",
        [PPC64, A64],
        [L64, L32],
        package=p,
        near=["configured_out"],
    )


# cfg_macro_for_attribute -----------------------------------------------------------------------------------------------
@cases("cfg_macro_for_attribute", "call-of-gated")
def _(c):
    f = c.n.fn()
    p = c.pkg(
        lib=(
            f'#[cfg(target_os = "linux")]\nfn {f}() -> u32 {{\n    5\n}}\n\npub fn {c.n.fn()}() -> u32 {{\n    if cfg!(target_os'
            f' = "linux") {{\n        {f}()\n    }} else {{\n        0\n    }}\n}}\n'
        )
    )
    c.matrix([L64, FBSD, MAC], ["check"])
    c.truth(
        "a gated function called below if cfg!() with the same predicate",
        "project",
        f,
        [FBSD, MAC],
        [L64],
        package=p,
        near=["configured_out"],
    )


@cases("cfg_macro_for_attribute", "std-of-windows")
def _(c):
    p = c.pkg(
        lib=(
            f"use std::ffi::OsStr;\npub fn {c.n.fn()}(s: &OsStr) -> usize {{\n    if cfg!(windows) {{\n        use"
            " std::os::windows::ffi::OsStrExt;\n        s.encode_wide().count()\n    } else {\n        s.len()\n    }\n}\n"
        )
    )
    c.matrix([L64, MAC, WIN], ["check"])
    c.truth(
        "std::os::windows below if cfg!(windows)",
        "project",
        "std::os::windows",
        [L64, MAC],
        [WIN],
        package=p,
        near=["item_absent_on_platform"],
    )


@cases("cfg_macro_for_attribute", "libc-in-match")
def _(c):
    p = c.pkg(
        deps='libc = "0.2"',
        lib=(
            f'pub fn {c.n.fn()}() -> i32 {{\n    match cfg!(target_os = "freebsd") {{\n        true => unsafe {{ libc::kqueue()'
            " },\n        false => -1,\n    }\n}\n"
        ),
    )
    c.matrix([FBSD, MAC, L64, A64], ["check"])
    c.truth(
        "match cfg!() around a function of libc",
        "project",
        "libc::kqueue",
        [L64, A64],
        [FBSD, MAC],
        package=p,
        near=["item_absent_on_platform"],
    )


@cases("cfg_macro_for_attribute", "and-in-condition")
def _(c):
    m, f = c.n.fn(), c.n.fn()
    p = c.pkg(
        lib=(
            f'#[cfg(target_arch = "aarch64")]\nmod {m} {{\n    pub fn {f}() -> bool {{\n        true\n    }}\n}}\n\npub fn'
            f' {c.n.fn()}() -> bool {{\n    cfg!(target_arch = "aarch64") && {m}::{f}()\n}}\n'
        )
    )
    c.matrix([A64, MAC, L64, RV], ["check"])
    c.truth(
        "cfg!() && call",
        "project",
        f"{m}::{f}",
        [L64, RV],
        [A64, MAC],
        package=p,
        near=["configured_out", "dependency_not_declared"],
    )


# unknown_cfg -----------------------------------------------------------------------------------------------------------
@cases("unknown_cfg", "denied-name")
def _(c):
    cfg = c.n.fn()
    p = c.pkg(lib=f"#![deny(warnings)]\n\n{c.n.filler()}\n#[cfg({cfg})]\npub fn {c.n.fn()}() {{}}\n")
    c.matrix([L64, MAC], ["check"])
    c.truth("a cfg that nothing sets, under deny(warnings)", "project", cfg, [L64, MAC], package=p, near=["lint_everywhere"])


@cases("unknown_cfg", "value-of-target-os")
def _(c):
    f = c.n.fn()
    p = c.pkg(
        lib=(
            f'#[cfg(any(target_os = "linux", target_os = "darwin"))]\npub fn {f}() -> u8 {{\n    1\n}}\n\npub fn {c.n.fn()}() ->'
            f" u8 {{\n    {f}()\n}}\n"
        )
    )
    c.matrix([L64, MAC], ["check"])
    c.truth(
        'target_os = "darwin": no target has that value',
        "project",
        'target_os = "darwin"',
        [MAC],
        [L64],
        package=p,
        also=["configured_out"],
    )


@cases("unknown_cfg", "feature-not-declared")
def _(c):
    f, feat, real = c.n.fn(), c.n.word(), c.n.word()
    p = c.pkg(
        extra=f'[features]\ndefault = ["{real}"]\n{real} = []',
        lib=(
            f'#[cfg(feature = "{feat}")]\nfn {f}() -> u8 {{\n    1\n}}\n\n'
            f'#[cfg(feature = "{real}")]\npub fn {c.n.fn()}() -> u8 {{\n    {f}()\n}}\n'
        ),
    )
    c.matrix([L64, FBSD], ["check"])
    c.truth(
        "an item behind a feature that the manifest does not declare",
        "project",
        feat,
        [L64, FBSD],
        package=p,
        also=["configured_out"],
    )


@cases("unknown_cfg", "build-script-cfg-denied")
def _(c):
    cfg = c.n.fn()
    p = c.pkg(
        package='build = "build.rs"\n',
        extra='[lints.rust]\nunexpected_cfgs = "deny"',
        build_rs=f'fn main() {{\n    println!("cargo:rustc-cfg={cfg}");\n}}\n',
        lib=f"#[cfg({cfg})]\npub fn {c.n.fn()}() -> u8 {{\n    1\n}}\n",
    )
    c.matrix([L64, WIN], ["check"])
    c.truth(
        "set by the build script, but not declared with check-cfg, and the lint is denied in the manifest",
        "project",
        cfg,
        [L64, WIN],
        package=p,
        near=["lint_everywhere"],
    )
