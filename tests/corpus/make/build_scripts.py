"""Build scripts."""

from make.common import *  # noqa: F403
from make.common import Cases, ident

cases = Cases()


# build_script_failed -----------------------------------------------------------------------------------------------------
@cases("build_script_failed", "unwrap-of-variable")
def _(c):
    var = c.n.const()
    p = c.pkg(
        package='build = "build.rs"\n',
        lib=c.n.filler(),
        build_rs=f'fn main() {{\n    let x = std::env::var("{var}").unwrap();\n    println!("cargo:rustc-env=X={{x}}");\n}}\n',
    )
    c.matrix([L64, MAC], ["check"])
    c.truth("a variable that nobody sets", "project", var, [L64, MAC], [], package=p)


@cases("build_script_failed", "exit-3-silent")
def _(c):
    p = c.pkg(package='build = "build.rs"\n', lib=c.n.filler(), build_rs="fn main() {\n    std::process::exit(3);\n}\n")
    c.matrix([L64], ["check"])
    c.truth("ends with 3 and says nothing", "project", p, [L64], [], package=p)


@cases("build_script_failed", "missing-input-in-dependency")
def _(c):
    dep, f = c.n.crate(), c.n.word()
    c.vendor(
        dep,
        "0.7.2",
        c.n.filler(1),
        package='build = "build.rs"\n',
        build_rs=(
            f'fn main() {{\n    let grammar = std::fs::read_to_string("grammar/{f}.txt").expect("cannot read the grammar");\n   '
            ' println!("cargo:warning={}", grammar.len());\n}\n'
        ),
    )
    c.pkg(deps=f'{dep} = "0.7"', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64, FBSD], ["check"])
    c.truth(
        "a crate of the registry whose build script reads a file that is not there",
        "dependency",
        f"grammar/{f}.txt",
        [L64, FBSD],
        [],
        package=dep,
        also=["package_incomplete"],
    )


@cases("build_script_failed", "index-out-of-range")
def _(c):
    p = c.pkg(
        package='build = "build.rs"\n',
        lib=c.n.filler(),
        build_rs=(
            'fn main() {\n    let triple = std::env::var("TARGET").unwrap();\n    let parts: Vec<&str> ='
            " triple.split('-').collect();\n    println!(\"cargo:rustc-env=ENVIRONMENT={}\", parts[3]);\n}\n"
        ),
    )
    c.matrix([L64, FBSD, MAC], ["check"])
    c.truth(
        "panics where the triple has three parts: a fault, not a refusal",
        "project",
        p,
        [FBSD, MAC],
        [L64],
        package=p,
        near=["unsupported_on_purpose"],
    )


# build_script_host -------------------------------------------------------------------------------------------------------
@cases("build_script_host", "cfg-of-host")
def _(c):
    f, cfg = c.n.fn(), c.n.fn()
    p = c.pkg(
        package='build = "build.rs"\n',
        build_rs=(
            f'fn main() {{\n    println!("cargo:rustc-check-cfg=cfg({cfg})");\n    if cfg!(target_os = "linux") {{\n       '
            f' println!("cargo:rustc-cfg={cfg}");\n    }}\n}}\n'
        ),
        lib=(
            f"#[cfg({cfg})]\npub fn {f}() -> std::io::Result<u64> {{\n    use std::os::linux::fs::MetadataExt;\n   "
            ' Ok(std::fs::metadata(".")?.st_ino())\n}\n'
        ),
    )
    c.matrix([L64, S390, FBSD, MAC], ["check"])
    c.truth(
        "cfg!(target_os) in the build script is the host's",
        "project",
        "build.rs",
        [FBSD, MAC],
        [L64, S390],
        package=p,
        near=["item_absent_on_platform", "configured_out"],
    )


@cases("build_script_host", "width-of-host")
def _(c):
    k = c.n.const()
    p = c.pkg(
        package='build = "build.rs"\n',
        build_rs=(
            'use std::{env, fs, path::Path};\nfn main() {\n    let out = env::var("OUT_DIR").unwrap();\n    let text ='
            f' format!("pub const {k}: usize = {{}};\\n", std::mem::size_of::<usize>());\n   '
            ' fs::write(Path::new(&out).join("sizes.rs"), text).unwrap();\n}\n'
        ),
        lib=f'include!(concat!(env!("OUT_DIR"), "/sizes.rs"));\nconst _: () = assert!({k} == std::mem::size_of::<usize>());\n',
    )
    c.matrix([L64, A64, L32, ARM], ["check"])
    c.truth(
        "the build script writes down the host's size of usize",
        "project",
        k,
        [L32, ARM],
        [L64, A64],
        package=p,
        near=["layout_differs"],
    )


@cases("build_script_host", "arch-of-host-in-dependency")
def _(c):
    dep, m = c.n.crate(), c.n.fn()
    c.pkg(
        dep,
        name=dep,
        package='build = "build.rs"\n',
        build_rs=(
            'fn main() {\n    println!("cargo:rustc-check-cfg=cfg(machine, values(any()))");\n   '
            ' println!("cargo:rustc-cfg=machine=\\"{}\\"", std::env::consts::ARCH);\n}\n'
        ),
        lib=(
            f'#[cfg(machine = "x86_64")]\npub mod {m} {{\n    pub fn ticks() -> u64 {{\n        unsafe {{'
            " std::arch::x86_64::_rdtsc() }\n    }\n}\n"
        ),
    )
    c.name = None
    c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64, FBSD, A64, S390], ["check"])
    c.truth(
        "std::env::consts::ARCH in the build script of a dependency",
        "dependency",
        "build.rs",
        [A64, S390],
        [L64, FBSD],
        package=dep,
        near=["foreign_arch_code"],
    )


@cases("build_script_host", "compiles-for-host")
def _(c):
    lib, f = c.n.word(), c.n.fn()
    p = c.pkg(
        package='build = "build.rs"\n',
        build_rs=(
            'use std::{env, process::Command};\nfn main() {\n    let out = env::var("OUT_DIR").unwrap();\n    let object ='
            f' format!("{{out}}/a.o");\n    assert!(Command::new("gcc").args(["-c", "src/{lib}.c", "-o",'
            ' &object]).status().unwrap().success());\n    assert!(Command::new("ar").args(["crs",'
            f' &format!("{{out}}/lib{lib}.a"), &object]).status().unwrap().success());\n   '
            f' println!("cargo:rustc-link-search=native={{out}}");\n    println!("cargo:rustc-link-lib=static={lib}");\n}}\n'
        ),
        main=f'extern "C" {{\n    fn {f}() -> i32;\n}}\nfn main() {{\n    println!("{{}}", unsafe {{ {f}() }});\n}}\n',
    )
    c.file(f"src/{lib}.c", f"int {f}(void) {{ return 1; }}\n")
    c.matrix([L64, A64, S390], ["build"])
    c.truth(
        "the build script compiles C with the host's gcc: objects of the wrong machine",
        "project",
        lib,
        [A64, S390],
        [L64],
        stage="build",
        package=p,
        verdicts=("broken", "fail"),
        also=["undefined_symbols", "linker_wrong"],
        near=["native_library_missing"],
    )
