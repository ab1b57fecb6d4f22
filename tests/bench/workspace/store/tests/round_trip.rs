use bench_model::{Document, Entry};
use bench_store::Store;

#[test]
fn put_and_get() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let mut document = Document::default();
    document.add(Entry { name: "one".into(), size: 7, tags: Vec::new() }).unwrap();
    let id = store.put(&document).unwrap();
    assert_eq!(id.len(), 64);
    assert_eq!(store.get(&id).unwrap(), document);
}
