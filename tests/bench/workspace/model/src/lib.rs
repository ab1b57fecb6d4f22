//! Typed documents that are written to and read from JSON.
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("not a document: {0}")]
    Json(#[from] serde_json::Error),
    #[error("`{0}` appears twice")]
    Duplicate(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub name: String,
    pub size: u64,
    #[serde(default)]
    pub tags: Vec<String>,
}

#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    pub entries: IndexMap<String, Entry>,
}

impl Document {
    /// ```
    /// let document = bench_model::Document::parse(r#"{"entries": {}}"#).unwrap();
    /// assert!(document.entries.is_empty());
    /// ```
    pub fn parse(text: &str) -> Result<Self, ModelError> {
        Ok(serde_json::from_str(text)?)
    }

    pub fn add(&mut self, entry: Entry) -> Result<(), ModelError> {
        match self.entries.insert(entry.name.clone(), entry) {
            None => Ok(()),
            Some(old) => Err(ModelError::Duplicate(old.name)),
        }
    }

    pub fn to_text(&self) -> Result<String, ModelError> {
        Ok(serde_json::to_string(self)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str) -> Entry {
        Entry { name: name.into(), size: 1 << 40, tags: vec!["a".into()] }
    }

    #[test]
    fn round_trip() {
        let mut document = Document::default();
        document.add(entry("one")).unwrap();
        document.add(entry("two")).unwrap();
        assert_eq!(Document::parse(&document.to_text().unwrap()).unwrap(), document);
    }

    #[test]
    fn duplicates_are_refused() {
        let mut document = Document::default();
        document.add(entry("one")).unwrap();
        assert!(document.add(entry("one")).is_err());
    }
}
