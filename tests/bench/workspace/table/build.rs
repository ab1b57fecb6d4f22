use std::{env, fs, path::Path};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let mut map = phf_codegen::Map::new();
    for i in 0..500u32 {
        map.entry(format!("key-{i}"), &format!("{}", i * i));
    }
    let out = Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join("table.rs");
    fs::write(out, format!("pub static TABLE: phf::Map<&'static str, u32> = {};\n", map.build())).expect("writable");
}
