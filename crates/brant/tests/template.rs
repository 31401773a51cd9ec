//! What `create NAME rust` writes compiles, and runs.

use brant::{Migrator, Url};

/// The compiler sees the very text: that the file holds it is checked below.
fn migrations() -> brant::Migrations {
    brant::embed!("tests/template")
}

#[test]
fn the_file_is_the_template() {
    assert_eq!(include_str!("template/00001_new.rs"), brant_source::create::RUST_TEMPLATE);
}

#[tokio::test]
async fn it_goes_up_and_down() {
    let dir = tempfile::tempdir().unwrap();
    let url = Url::parse(&format!("sqlite:{}/app.db", dir.path().display())).unwrap();
    let migrator = Migrator::new(migrations());
    assert_eq!(migrator.up(&url).await.unwrap().steps.len(), 1);
    assert_eq!(migrator.down(&url).await.unwrap().steps.len(), 1);
}
