//! SQL and Rust share one folder and one order.

mod support;

use brant::{Context, MigrationKind, Migrations, Migrator, Result, RustMigration, Standing, blocking};
use brant_testkit::each_engine;
use support::{applied, url};

fn regions() -> Migrations {
    brant::embed!("tests/regions")
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

#[test]
fn sql_and_rust_go_up_and_down_together() {
    each_engine(|db| {
        let (migrator, url) = (blocking::Migrator::new(regions()), url(db));
        let report = migrator.up(&url).unwrap();
        let versions: Vec<i64> = report.steps.iter().map(|step| step.migration.version.0).collect();
        assert_eq!(versions, [50, 51, 52]);
        assert_eq!(
            db.column("SELECT code FROM regions ORDER BY id"),
            ["US-EAST", "US-WEST", "EU-WEST", "APAC"]
        );
        assert!(!migrator.has_pending(&url).unwrap());
        let status = migrator.status(&url).unwrap();
        assert!(status.iter().all(|row| matches!(row.standing, Standing::Applied(Some(_)))), "{status:?}");
        assert_eq!(migrator.down(&url).unwrap().steps.len(), 1);
        assert_eq!(migrator.versions(&url).unwrap().current, 51);
        assert_eq!(migrator.down(&url).unwrap().steps.len(), 1);
        assert_eq!(db.row_counts().get("regions"), Some(&0));
        migrator.reset(&url).unwrap();
        assert_eq!(migrator.versions(&url).unwrap().current, 0);
        assert!(db.row_counts().is_empty());
    });
}

async fn seed(ctx: &mut Context<'_>) -> Result<()> {
    ctx.execute("INSERT INTO regions VALUES ($1, $2, $3)", (1, "EU-WEST", "Europe West")).await?;
    Ok(())
}

async fn unseed(ctx: &mut Context<'_>) -> Result<()> {
    ctx.execute("DELETE FROM regions", ()).await?;
    Ok(())
}

/// A project comes over from goose with its folder and its database as they are.
#[test]
fn a_file_of_go_gets_its_body_in_rust_under_its_version() {
    each_engine(|db| {
        db.write("migrations/00050_create_regions.sql", include_str!("regions/00050_create_regions.sql"));
        db.write("migrations/00051_seed_regions.go", "package migrations\n");
        let folder = || Migrations::from_dir(db.dir().join("migrations")).unwrap();
        let url = url(db);
        let error = blocking::Migrator::new(folder()).up(&url).unwrap_err();
        assert!(error.to_string().contains("is a Go migration"), "{error}");
        assert!(db.row_counts().is_empty());

        let seed = || RustMigration::new(51, "seed").up(seed).down(unseed);
        let moved = folder().rust(seed()).unwrap();
        let source = moved.list_sources().pop().unwrap();
        assert_eq!(
            (source.version, source.name.as_str(), source.kind),
            (51, "seed_regions", MigrationKind::Code)
        );
        assert!(source.path.ends_with("00051_seed_regions.go"));

        let migrator = blocking::Migrator::new(moved);
        migrator.up(&url).unwrap();
        assert_eq!(
            (applied(db), db.column("SELECT code FROM regions")),
            (vec![50, 51], vec!["EU-WEST".to_owned()])
        );
        migrator.down(&url).unwrap();
        assert_eq!(applied(db), [50]);
    });
}

/// What an application's server needs of every operation.
#[test]
fn operations_can_be_spawned() {
    fn is_send(_: &impl Send) {}
    let db = brant_testkit::sqlite();
    let (migrator, url) = (Migrator::new(regions()), url(&db));
    is_send(&migrator.up(&url));
    is_send(&migrator.status(&url));
    is_send(&migrator.ping(&url));
}
