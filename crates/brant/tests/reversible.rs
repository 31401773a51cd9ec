//! A Down that leaves something, or takes too much, is named with its file and what it is.

use brant::testing::{TestDatabase, assert_reversible, check_reversible};
use brant::{Context, Migrations, Result, RustMigration};
use brant_testkit::{Engine, Product, products};

async fn empty(product: Product) -> TestDatabase {
    let url = product.server().map_or_else(|| "sqlite:".to_owned(), |server| server.dbstring());
    TestDatabase::on(&url, Migrations::new()).await.unwrap()
}

/// A table that is there before, and one migration more.
fn migrations(up: &str, down: &str) -> Migrations {
    Migrations::new()
        .sql("1_orders.sql", "-- +goose Up\nCREATE TABLE orders (id int, status varchar(10));\nCREATE INDEX by_id ON orders (id);\n-- +goose Down\nDROP TABLE orders;\n")
        .unwrap()
        .sql("db/2_more.sql", format!("-- +goose Up\n{up}\n-- +goose Down\n{down}\n"))
        .unwrap()
}

/// What the check says of it.
async fn verdict(product: Product, migrations: &Migrations) -> String {
    let database = empty(product).await;
    let text = match check_reversible(&database, migrations).await {
        Ok(walk) => walk.to_string(),
        Err(error) => error.to_string(),
    };
    text.replace(database.name(), "DB")
}

const ON_ALL: &[(&str, &str, &str)] = &[
    ("nothing is left", "CREATE TABLE bills (id int);", "DROP TABLE bills;"),
    (
        "a column and its index are left",
        "ALTER TABLE orders ADD total int;\nCREATE INDEX by_total ON orders (total);",
        "SELECT 1;",
    ),
    ("a table is left", "CREATE TABLE IF NOT EXISTS bills (id int PRIMARY KEY);", "SELECT 1;"),
    ("a table that can't be made twice is left", "CREATE TABLE bills (id int PRIMARY KEY);", ""),
    ("an index is missing", "CREATE TABLE bills (id int);", "DROP TABLE bills;\nDROP INDEX by_id ON orders;"),
    ("a view is left", "CREATE VIEW open AS SELECT id FROM orders;", ""),
    ("there is no Down", "CREATE TABLE bills (id int);", "(none)"),
    (
        "it says that it is irreversible",
        "CREATE TABLE bills (id int);",
        "-- +brant IRREVERSIBLE rows are gone",
    ),
    ("the Down fails", "CREATE TABLE bills (id int);", "DROP TABLE bill;"),
];

const ON_POSTGRES: &[(&str, &str, &str)] = &[
    ("a default is left", "ALTER TABLE orders ALTER status SET DEFAULT 'new';", ""),
    ("NOT NULL is left", "ALTER TABLE orders ALTER status SET NOT NULL;", ""),
    (
        "a type is another",
        "ALTER TABLE orders ALTER status TYPE text;",
        "ALTER TABLE orders ALTER status TYPE varchar(20);",
    ),
    (
        "a trigger and its function are left",
        "CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;\nCREATE TRIGGER touched BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();",
        "",
    ),
    ("a type is left", "CREATE TYPE mood AS ENUM ('sad', 'glad');", ""),
    ("a schema is left", "CREATE SCHEMA audit;", ""),
    ("a constraint is left", "ALTER TABLE orders ADD CONSTRAINT sound CHECK (id > 0);", ""),
];

const ON_MARIADB: &[(&str, &str, &str)] = &[
    ("a default is left", "ALTER TABLE orders ALTER status SET DEFAULT 'new';", ""),
    (
        "a trigger is left",
        "CREATE TRIGGER touched BEFORE UPDATE ON orders FOR EACH ROW SET NEW.status = 'x';",
        "",
    ),
    ("a procedure is left", "CREATE PROCEDURE p() SELECT 1;", ""),
];

const ON_SQLITE: &[(&str, &str, &str)] = &[
    (
        "a default is left by a copied table",
        "CREATE TABLE new (id int, status varchar(10) DEFAULT 'new');\nDROP TABLE orders;\nALTER TABLE new RENAME TO orders;\nCREATE INDEX by_id ON orders (id);",
        "CREATE TABLE new (id int, status varchar(10) DEFAULT 'old');\nDROP TABLE orders;\nALTER TABLE new RENAME TO orders;",
    ),
    (
        "a copied table looks the same",
        "ALTER TABLE orders ADD COLUMN total int;",
        "CREATE TABLE new (id INT, status VARCHAR(10));\nDROP TABLE orders;\nALTER TABLE new RENAME TO orders;\nCREATE INDEX by_id ON orders(id);",
    ),
    ("a trigger is left", "CREATE TRIGGER touched AFTER UPDATE ON orders BEGIN SELECT 1; END;", ""),
];

#[tokio::test]
async fn what_a_down_leaves_is_named() {
    for product in products() {
        let own = match product.engine {
            Engine::Sqlite => ON_SQLITE,
            Engine::Postgres => ON_POSTGRES,
            Engine::MariaDb => ON_MARIADB,
        };
        let mut told = String::new();
        for (case, up, down) in ON_ALL.iter().chain(own) {
            // Only MySQL names the table of an index that is dropped.
            let down = if product.engine == Engine::MariaDb {
                (*down).to_owned()
            } else {
                down.replace(" ON orders;", ";")
            };
            let mut migrations = migrations(up, &down);
            if down == "(none)" {
                migrations = migrations
                    .without_versions(&[2])
                    .sql("db/2_more.sql", format!("-- +goose Up\n{up}\n"))
                    .unwrap();
            }
            told += &format!("# {case}\n{}\n\n", verdict(product, &migrations).await);
        }
        insta::assert_snapshot!(format!("reversible_{product}"), told);
    }
}

async fn seed(ctx: &mut Context<'_>) -> Result<()> {
    ctx.execute("INSERT INTO bills VALUES (1)", ()).await?;
    Ok(())
}

#[tokio::test]
async fn the_walk_goes_on_behind_what_is_irreversible() {
    for product in products() {
        let migrations = migrations("CREATE TABLE bills (id int);", "DROP TABLE bills;")
            .rust(RustMigration::new(3, "seed").up(seed).irreversible())
            .unwrap()
            .sql("4_paid.sql", "-- +goose Up\nALTER TABLE bills ADD paid int;\n-- +goose Down\nALTER TABLE bills DROP COLUMN paid;\n")
            .unwrap();
        assert_eq!(
            verdict(product, &migrations).await,
            "3 migrations are undone by their Down; `00003_seed.rs` is irreversible",
            "{product}"
        );
        assert_reversible(&empty(product).await, migrations).await;
    }
}

#[tokio::test]
async fn a_history_of_another_name_is_not_taken_for_a_leftover() {
    for product in products() {
        let builder =
            brant::Migrator::builder(migrations("CREATE TABLE bills (id int);", "DROP TABLE bills;"));
        let migrator = match product.engine {
            Engine::Postgres => builder.table("versions").schema("books"),
            _ => builder.table("versions"),
        };
        assert_reversible(&empty(product).await, migrator.build()).await;
    }
}

#[tokio::test]
#[should_panic(expected = "the database is at version 2")]
async fn a_migrated_database_is_refused() {
    let migrations = migrations("CREATE TABLE bills (id int);", "DROP TABLE bills;");
    let database = TestDatabase::sqlite(&migrations).await.unwrap();
    assert_reversible(&database, &migrations).await;
}
