//! From a directory to the Rust code that holds its migrations.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use brant_core::{Direction, Migration, MigrationKind, plan};
use brant_source::dir::{self, Dirs};
use brant_source::{Loader, ParseError};
use brant_sql::{DIALECTS, sha256_hex};

/// What stands in a line of its own before it.
const ANNOTATION: &str = "// +brant ";

/// The code of an expression of type `brant::Migrations`.
pub(crate) fn embed(root: &Path, dir: &Path) -> Result<String, String> {
    let full = root.join(dir);
    let listing = dir::list(&Dirs::one(&full)).map_err(|error| error.to_string())?;
    plan::sorted(&listing.migrations).map_err(|error| error.to_string())?;
    let (mut modules, mut calls) = (String::new(), String::new());
    for migration in &listing.migrations {
        let shown = migration.path.strip_prefix(root).unwrap_or(&migration.path);
        let embedded = match migration.kind {
            MigrationKind::ForeignCode("Rust") => rust(migration, shown, &mut modules)?,
            MigrationKind::ForeignCode(_) | MigrationKind::Code => format!(".__embedded({shown:?}, \"\")"),
            MigrationKind::Sql | MigrationKind::Kept => sql(migration, shown)?,
        };
        calls.push_str(&embedded);
    }
    Ok(format!("{{ {modules} ::brant::Migrations::new(){calls} }}"))
}

fn sql(migration: &Migration, shown: &Path) -> Result<String, String> {
    check(migration).map_err(|error| error.to_string())?;
    Ok(format!(".__embedded({shown:?}, ::core::include_str!({:?}))", migration.path))
}

/// A file is good if it is good in any dialect: which one it is for is only known at run time.
fn check(migration: &Migration) -> Result<(), ParseError> {
    // Variables too are only known then.
    let variable = |_: &str| Some("variable".to_owned());
    let mut outcome = Ok(());
    for dialect in DIALECTS {
        let loader = Loader::new(*dialect, &variable);
        let both = [Direction::Up, Direction::Down].map(|direction| loader.load(migration, direction));
        match both.into_iter().find_map(Result::err) {
            None => return Ok(()),
            Some(error) => outcome = outcome.and(Err(error)),
        }
    }
    outcome
}

fn rust(migration: &Migration, shown: &Path, modules: &mut String) -> Result<String, String> {
    let failed = |reason: &str| format!("{}: {reason}", migration.path.display());
    let text = fs::read_to_string(&migration.path).map_err(|error| failed(&error.to_string()))?;
    let (mut is_irreversible, mut is_alone) = (false, false);
    for annotation in text.lines().filter_map(|line| line.trim_start().strip_prefix(ANNOTATION)) {
        match annotation.trim() {
            "NO TRANSACTION" => is_alone = true,
            text if text == "IRREVERSIBLE" || text.starts_with("IRREVERSIBLE ") => is_irreversible = true,
            other => return Err(failed(&format!("unknown annotation `+brant {other}`"))),
        }
    }
    let module = format!("migration_{}", migration.version);
    let _ = write!(
        modules,
        "#[path = {:?}] #[allow(missing_docs, unreachable_pub)] mod {module};",
        migration.path
    );
    let mut code = format!(
        ".__embedded_rust({shown:?}, ::brant::RustMigration::new({}, {:?}).up({module}::up)",
        migration.version, migration.name
    );
    code.push_str(&if is_irreversible {
        ".irreversible()".to_owned()
    } else {
        format!(".down({module}::down)")
    });
    if is_alone {
        code.push_str(".without_transaction()");
    }
    let _ = write!(code, ", {:?})", sha256_hex(text.as_bytes()));
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a folder with these files, its path masked.
    fn embedded(files: &[(&str, &str)]) -> Result<String, String> {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("migrations")).unwrap();
        for (name, text) in files {
            fs::write(root.path().join("migrations").join(name), text).unwrap();
        }
        let mask = |text: String| text.replace(&root.path().display().to_string(), "ROOT");
        embed(root.path(), Path::new("migrations")).map(mask).map_err(mask)
    }

    const SQL: &str = "-- +goose Up\nSELECT 1;\n";

    #[test]
    fn each_kind_of_file_becomes_a_call() {
        let files = [
            ("00001_a.sql", SQL),
            ("00002_b.rs", "// +brant NO TRANSACTION\n// +brant IRREVERSIBLE nothing to revert\n"),
            ("00003_c.go", "package migrations"),
            ("helper.rs", "what it likes"),
        ];
        let code = embedded(&files).unwrap();
        for part in [
            r#".__embedded("migrations/00001_a.sql", ::core::include_str!("ROOT/migrations/00001_a.sql"))"#,
            r#"#[path = "ROOT/migrations/00002_b.rs"]"#,
            r#"::brant::RustMigration::new(2, "b").up(migration_2::up).irreversible().without_transaction(), ""#,
            r#".__embedded("migrations/00003_c.go", "")"#,
        ] {
            assert!(code.contains(part), "{part} is not in {code}");
        }
        assert!(!code.contains("helper"), "{code}");
        assert!(
            embedded(&[("1_a.rs", "")]).unwrap().contains(".up(migration_1::up).down(migration_1::down)")
        );
    }

    #[test]
    fn what_is_wrong_is_an_error_of_the_compiler() {
        for (files, wanted) in [
            (&[("1_a.sql", SQL), ("00001_b.rs", "")][..], "duplicate version 1"),
            (&[("1_a.sql", "-- +goose Upp\nSELECT 1;\n")], "ROOT/migrations/1_a.sql:1"),
            (
                &[("1_a.sql", "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n")],
                "ROOT/migrations/1_a.sql",
            ),
            (&[("1_a.sql", "SELECT 1;\n")], "ROOT/migrations/1_a.sql"),
            (&[("a.sql", SQL)], "could not parse SQL migration file \"ROOT/migrations/a.sql\""),
            (
                &[("1_a.rs", "// +brant NO TRANSACTIONS\n")],
                "ROOT/migrations/1_a.rs: unknown annotation `+brant NO TRANSACTIONS`",
            ),
        ] {
            let error = embedded(files).unwrap_err();
            assert!(error.contains(wanted), "{files:?}: {error}");
        }
    }

    #[test]
    fn a_missing_folder_is_named() {
        let root = tempfile::tempdir().unwrap();
        let error = embed(root.path(), Path::new("migratoins")).unwrap_err();
        assert!(error.ends_with("/migratoins directory does not exist"), "{error}");
    }
}
