//! What is in a database is found, in words that people know.

use brant_driver::{Access, Environment, driver_by_name};
use brant_testkit::{Engine, TestDatabase, each_engine};

const SQLITE: &str = "
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INT REFERENCES customers (id), total INT NOT NULL DEFAULT 0, CHECK (total >= 0)) STRICT;
CREATE INDEX orders_by_total ON orders (total DESC);
CREATE VIEW dear AS SELECT * FROM orders WHERE total > 100;
CREATE TRIGGER touched AFTER INSERT ON orders BEGIN SELECT 1; END;
";

const POSTGRES: &str = "
CREATE SCHEMA audit;
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TABLE customers (id serial PRIMARY KEY, email text NOT NULL UNIQUE);
CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int REFERENCES customers (id),
    total numeric(10, 2) NOT NULL DEFAULT 0 CHECK (total >= 0), twice numeric GENERATED ALWAYS AS (total * 2) STORED);
CREATE TABLE audit.log (at timestamptz DEFAULT now()) PARTITION BY RANGE (at);
CREATE INDEX orders_by_total ON orders (total DESC) WHERE total > 0;
CREATE VIEW dear AS SELECT id FROM orders WHERE total > 100;
CREATE MATERIALIZED VIEW sums AS SELECT sum(total) FROM orders;
CREATE FUNCTION audit.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touched AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION audit.note();
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON orders USING (total < 1000);
";

const MARIADB: &str = "
CREATE TABLE customers (id int PRIMARY KEY AUTO_INCREMENT, email varchar(100) NOT NULL UNIQUE) DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE orders (id int PRIMARY KEY, customer int, total int NOT NULL DEFAULT 0, twice int AS (total * 2),
    CONSTRAINT by_customer FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE,
    CONSTRAINT sound CHECK (total >= 0)) DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX orders_by_total ON orders (total, customer);
CREATE VIEW dear AS SELECT id FROM orders WHERE total > 100;
CREATE TRIGGER touched AFTER INSERT ON orders FOR EACH ROW SET @n = 1;
CREATE FUNCTION twice(n int) RETURNS int DETERMINISTIC RETURN n * 2;
/*M! CREATE SEQUENCE numbers */;
";

fn read(db: &TestDatabase) -> brant_schema::Schema {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let driver = driver_by_name(db.driver()).unwrap();
        let endpoint = driver.parse(&db.dbstring(), &Environment::new()).unwrap();
        let mut connection = endpoint.connect(Access::Read).await.unwrap();
        brant_schema::read(&mut *connection, driver.dialect()).await.unwrap()
    })
}

#[test]
fn everything_in_a_database_is_found() {
    each_engine(|db| {
        let before = read(db);
        db.sql(match db.engine {
            Engine::Sqlite => SQLITE,
            Engine::Postgres => POSTGRES,
            Engine::MariaDb => MARIADB,
        })
        .unwrap();
        let after = read(db);
        let text = after.to_string().replace(db.name(), "DB");
        insta::assert_snapshot!(format!("catalog_{}", db.product()), text);
        // Of a new table only the table is told.
        let added: Vec<String> =
            after.changes_since(&before).iter().map(|change| change.name().to_string()).collect();
        assert!(added.contains(&"table orders".to_owned()), "{added:?}");
        assert!(!added.iter().any(|name| name.starts_with("table orders:")), "{added:?}");
        assert!(after.changes_since(&after).is_empty());
    });
}
