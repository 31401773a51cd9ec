//! Databases are fresh, reachable, described as they are, and gone at the end.

use brant_testkit::{Engine, TestDatabase, each_engine};

#[test]
fn answers_through_its_own_client() {
    each_engine(|db| {
        let backslash = if db.engine == Engine::MariaDb { r"\\" } else { r"\" };
        let values = format!("(1, 'a\tb\nc{backslash}d'), (2, NULL)");
        db.sql(&format!("CREATE TABLE t (id int, note varchar(50)); INSERT INTO t VALUES {values};"))
            .unwrap();
        let rows = db.sql("SELECT id, note FROM t ORDER BY id; SELECT 'second result';").unwrap();
        assert_eq!(rows, [vec!["1", "a\tb\nc\\d"], vec!["2", "NULL"], vec!["second result"]]);
        assert_eq!(db.column("SELECT 7"), ["7"]);
    });
}

#[test]
fn error_stops_the_script() {
    each_engine(|db| {
        let error = db
            .sql("CREATE TABLE t (id int); SELECT nothing FROM nowhere; INSERT INTO t VALUES (1);")
            .unwrap_err();
        assert!(error.contains("nowhere"), "{error}");
        assert_eq!(db.column("SELECT count(*) FROM t"), ["0"]);
    });
}

#[test]
fn databases_do_not_see_each_other() {
    each_engine(|db| {
        let other = TestDatabase::fresh(db.engine);
        db.sql("CREATE TABLE mine (id int)").unwrap();
        assert!(other.row_counts().is_empty());
        assert_ne!(other.dbstring(), db.dbstring());
    });
}

#[test]
fn schema_shows_what_there_is_but_the_books() {
    each_engine(|db| {
        db.sql("CREATE TABLE pear (id int); CREATE TABLE goose_db_version (id int); CREATE TABLE brant_journal (id int);").unwrap();
        db.sql("CREATE TABLE versions (id int); CREATE VIEW plum AS SELECT id FROM pear;").unwrap();
        let schema = db.schema();
        assert!(schema.contains("pear") && schema.contains("plum"), "{schema}");
        assert!(!schema.contains("goose_db_version") && !schema.contains("brant_journal"), "{schema}");
        assert!(schema.contains("versions") && !db.schema_without(&["versions"]).contains("versions"));
        assert_eq!(schema, db.schema());
    });
}

#[test]
fn schema_is_the_same_in_equal_databases() {
    each_engine(|db| {
        let other = TestDatabase::fresh(db.engine);
        let key = match db.engine {
            Engine::Sqlite => "integer PRIMARY KEY",
            Engine::Postgres => "serial PRIMARY KEY",
            Engine::MariaDb => "int PRIMARY KEY AUTO_INCREMENT",
        };
        let table = format!("CREATE TABLE t (id {key}, n int);");
        db.sql(&format!("{table} INSERT INTO t (n) VALUES (1), (2);")).unwrap();
        other.sql(&table).unwrap();
        assert_eq!(db.schema(), other.schema());
        assert!(!db.schema().is_empty());
    });
}

#[test]
fn rows_are_counted() {
    each_engine(|db| {
        assert!(db.row_counts().is_empty());
        db.sql("CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE TABLE goose_db_version (id int);")
            .unwrap();
        db.sql("INSERT INTO b VALUES (1); INSERT INTO b VALUES (2);").unwrap();
        let counts: Vec<(String, u64)> = db.row_counts().into_iter().collect();
        assert_eq!(counts, [("a".to_owned(), 0), ("b".to_owned(), 2)]);
    });
}

#[test]
fn dropping_removes_database_and_folder() {
    each_engine(|db| {
        let gone = TestDatabase::fresh(db.engine);
        let (name, dir) = (gone.name().to_owned(), gone.dir().to_owned());
        drop(gone);
        assert!(!dir.exists());
        let list = match db.engine {
            Engine::Sqlite => return,
            Engine::Postgres => "SELECT datname FROM pg_database",
            Engine::MariaDb => "SHOW DATABASES",
        };
        assert!(!db.column(list).contains(&name));
    });
}
