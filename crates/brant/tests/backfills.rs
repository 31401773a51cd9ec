//! Changes of much data: in batches outside of a transaction, and able to run again after a failure half-way.

#[path = "backfills/names.rs"]
mod names;
#[path = "backfills/phones.rs"]
mod phones;
mod support;

use brant::{ErrorKind, Migrations, RustMigration, blocking};
use brant_testkit::{Engine, TestDatabase, each_engine};
use support::{applied, url};

const USERS: usize = 23;

/// A table of users, in which one is in the way of the migration.
fn users(columns: &str, ordinary: impl Fn(usize) -> String, odd: usize, in_the_way: &str) -> String {
    let row = |i: usize| if i == odd { in_the_way.to_owned() } else { ordinary(i) };
    let rows: Vec<String> = (1..=USERS).map(|i| format!("({i}, {})", row(i))).collect();
    format!(
        "CREATE TABLE users (id bigint PRIMARY KEY, {columns});\nINSERT INTO users VALUES {};\n",
        rows.join(", ")
    )
}

fn migrator(users: &str, code: RustMigration) -> blocking::Migrator {
    let migrations = Migrations::new().sql("1_users.sql", format!("-- +goose Up\n{users}")).unwrap();
    blocking::Migrator::new(migrations.rust(code).unwrap())
}

fn count(db: &TestDatabase, condition: &str) -> usize {
    db.column(&format!("SELECT count(*) FROM users WHERE {condition}"))[0].parse().unwrap()
}

/// The first run fails in the third chunk: what was committed stays, the chunk does not, and nothing is recorded. When the
/// row is put right, the same command does the rest.
#[test]
fn phone_numbers_are_normalised_in_chunks() {
    let odd = 2 * phones::CHUNK + 3;
    let users = users(
        "phone varchar(40) CHECK (phone <> '')",
        |i| if i == 7 { "NULL".to_owned() } else { format!("'+1 (555) 010-{i:04}'") },
        odd,
        "'n/a'",
    );
    each_engine(|db| {
        let (migrator, url) = (migrator(&users, phones::migration()), url(db));
        let error = migrator.up(&url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Migration, "{}: {error:?}", db.engine);
        assert!(error.to_string().contains("UPDATE users SET phone = $1 WHERE id = $2"), "{error}");
        assert_eq!(applied(db), [1], "{}", db.engine);
        // Five with a number in the first chunk, five in the second, none of the third.
        assert_eq!(count(db, "phone LIKE '555010%'"), 2 * phones::CHUNK, "{}", db.engine);

        db.sql(&format!("UPDATE users SET phone = '1-555-010-9999' WHERE id = {odd}")).unwrap();
        assert_eq!(migrator.up(&url).unwrap().steps.len(), 1);
        assert_eq!(count(db, "phone LIKE '555010%'"), USERS - 1, "{}", db.engine);
        assert_eq!(applied(db), [1, 46]);
    });
}

#[test]
fn names_are_filled_in_on_postgres() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    let users = users(
        "first_name varchar(300), last_name varchar(100)",
        |i| if i % 4 == 0 { "NULL, ' '".to_owned() } else { format!("'Ada ', 'No {i}'") },
        17,
        "repeat('x', 300), ''",
    );
    let (migrator, url) = (migrator(&users, names::migration()), url(&db));
    let error = migrator.up(&url).unwrap_err();
    assert_eq!(error.sqlstate(), Some("22001"), "too long for the column: {error:?}");
    assert_eq!((applied(&db), count(&db, "display_name IS NOT NULL")), (vec![1], 15));

    db.sql("UPDATE users SET first_name = 'Bo' WHERE id = 17").unwrap();
    migrator.up(&url).unwrap();
    assert_eq!(count(&db, "display_name IS NULL"), 0);
    assert_eq!(
        db.column("SELECT display_name FROM users WHERE id IN (3, 4, 17) ORDER BY id"),
        ["Ada No 3", "Anonymous", "Bo"]
    );
    migrator.down(&url).unwrap();
    assert!(!db.schema().contains("display_name"));
}

#[test]
fn numbers_are_plain_digits() {
    for (phone, wanted) in [
        ("+1 (555) 010-1234", "5550101234"),
        ("555.010.1234", "5550101234"),
        ("15550101234", "5550101234"),
        ("1555010123", "1555010123"),
        ("+49 30 1234567", "49301234567"),
        ("٣٤", ""),
        ("", ""),
    ] {
        assert_eq!(phones::normalized(phone), wanted, "{phone}");
        assert_eq!(phones::normalized(wanted), wanted, "a second run changes nothing");
    }
}

#[test]
fn names_have_single_blanks() {
    for (first, last, wanted) in [
        ("Ada", "Lovelace", "Ada Lovelace"),
        ("  Ada ", "\tLovelace\n", "Ada Lovelace"),
        ("Ada", " ", "Ada"),
        ("", "Lovelace", "Lovelace"),
        ("José", "Ñandú", "José Ñandú"),
        (" ", "", "Anonymous"),
    ] {
        assert_eq!(names::display_name(first, last), wanted);
    }
}
