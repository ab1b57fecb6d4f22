//! A table made by a build script.
include!(concat!(env!("OUT_DIR"), "/table.rs"));

#[derive(bench_derive::FieldNames)]
pub struct Row {
    pub key: String,
    pub value: u32,
}

pub fn row(key: &str) -> Option<Row> {
    TABLE.get(key).map(|value| Row { key: key.into(), value: *value })
}

#[cfg(test)]
mod tests {
    #[test]
    fn looked_up() {
        assert_eq!(super::row("key-12").unwrap().value, 144);
        assert_eq!(super::Row::FIELD_NAMES, ["key", "value"]);
    }
}
