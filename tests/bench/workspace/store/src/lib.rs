//! Documents on disk, compressed, named by their hash.
use std::{fs, io::{Read, Write}, path::{Path, PathBuf}};

use anyhow::{Context, Result};
use bench_model::Document;
use sha2::{Digest, Sha256};

pub struct Store {
    dir: PathBuf,
}

impl Store {
    pub fn open(dir: &Path) -> Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("creating {}", dir.display()))?;
        Ok(Self { dir: dir.into() })
    }

    pub fn put(&self, document: &Document) -> Result<String> {
        let text = document.to_text()?;
        let id = hex::encode(Sha256::digest(&text));
        let mut out = flate2::write::GzEncoder::new(fs::File::create(self.dir.join(&id))?, flate2::Compression::fast());
        out.write_all(text.as_bytes())?;
        out.finish()?;
        Ok(id)
    }

    pub fn get(&self, id: &str) -> Result<Document> {
        let mut text = String::new();
        flate2::read::GzDecoder::new(fs::File::open(self.dir.join(id))?).read_to_string(&mut text)?;
        Ok(Document::parse(&text)?)
    }
}
