//! The schema patterns of daily work (`tests/patterns`), on PostgreSQL.

mod support;

use brant_testkit::Engine;
use support::{applied, brant, material};

#[test]
fn patterns_go_up_down_to_0_and_up_again() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    let dir = material("patterns/migrations");
    let brant = brant(&db).env("GOOSE_MIGRATION_DIR", &dir);
    let versions = [1, 40, 41, 42, 43, 44, 45, 47, 50, 55, 56, 60, 62, 63];

    brant.run(["up"]).expect_code(0);
    assert_eq!(applied(&db), versions);
    let schema = db.schema();
    // Each pattern did what it is for.
    assert_eq!(db.column("SELECT count(*) FROM orders WHERE status = 'active'"), ["100"]);
    let valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'idx_orders_customer_status'::regclass";
    assert_eq!(db.column(valid), ["t"]);
    db.sql("UPDATE users SET email = 'ada@example.org' WHERE email = 'ada@example.com'").unwrap();
    assert_eq!(db.column("SELECT operation FROM audit_trail"), ["UPDATE"]);

    brant.run(["down-to", "0"]).expect_code(0);
    assert_eq!(applied(&db), [0_i64; 0]);
    let left = db.schema();
    assert!(!left.contains("CREATE TABLE") && !left.contains("CREATE FUNCTION public.audit"), "{left}");

    brant.run(["up"]).expect_code(0);
    assert_eq!(db.schema(), schema);
}
