//! SQL and Rust share one folder and one order.

use brant::{Migrations, Migrator, Standing, Url};

fn regions() -> Migrations {
    brant::embed!("tests/regions")
}

/// A file of its own, that goes with the test.
fn database() -> (tempfile::TempDir, Url) {
    let dir = tempfile::tempdir().unwrap();
    let url = Url::parse(&format!("sqlite:{}/app.db", dir.path().display())).unwrap();
    (dir, url)
}

#[test]
fn the_folder_is_embedded_in_order() {
    let names: Vec<String> =
        regions().list_sources().into_iter().map(|source| source.path.display().to_string()).collect();
    assert_eq!(
        names,
        [
            "tests/regions/00050_create_regions.sql",
            "tests/regions/00051_seed_regions.rs",
            "tests/regions/00052_add_region_fk.sql"
        ]
    );
}

#[tokio::test]
async fn sql_and_rust_go_up_and_down_together() {
    let (_dir, url) = database();
    let migrator = Migrator::new(regions());
    let report = migrator.up(&url).await.unwrap();
    let versions: Vec<i64> = report.steps.iter().map(|step| step.migration.version.0).collect();
    assert_eq!(versions, [50, 51, 52]);
    assert!(!migrator.has_pending(&url).await.unwrap());
    let status = migrator.status(&url).await.unwrap();
    assert!(status.iter().all(|row| matches!(row.standing, Standing::Applied(Some(_)))), "{status:?}");
    assert_eq!(migrator.down(&url).await.unwrap().steps.len(), 1);
    assert_eq!(migrator.versions(&url).await.unwrap().current, 51);
    migrator.reset(&url).await.unwrap();
    assert_eq!(migrator.versions(&url).await.unwrap().current, 0);
}

/// What an application's server needs of every operation.
#[test]
fn operations_can_be_spawned() {
    fn is_send(_: &impl Send) {}
    let (_dir, url) = database();
    let migrator = Migrator::new(regions());
    is_send(&migrator.up(&url));
    is_send(&migrator.status(&url));
    is_send(&migrator.ping(&url));
}
