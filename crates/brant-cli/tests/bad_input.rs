//! What goes wrong before the first statement: names, annotations, encodings, directories, connection strings. Each case is
//! told exactly, ends with its exit code, and leaves the database as it was.

mod support;

use std::os::unix::fs::symlink;

use brant_testkit::Engine;
use support::told::{GOOD, Told, kept, on, put};

#[test]
fn files() {
    let up = |sql: &str| format!("-- +goose Up\n{sql}").into_bytes();
    let utf16 = |head: &[u8], le: bool| {
        let units = "-- +goose Up\nSELECT 1;\n".encode_utf16();
        let bytes = units.flat_map(|u| if le { u.to_le_bytes() } else { u.to_be_bytes() });
        head.iter().copied().chain(bytes).collect::<Vec<u8>>()
    };
    let long = |tail: &str| up(&format!("SELECT '{}'{tail}\n", "x".repeat(5_000_000)));
    let good = GOOD.to_vec();
    let cases: Vec<(&str, &str, Vec<u8>)> = vec![
        ("no version", "orders.sql", good.clone()),
        ("no name", "1.sql", good.clone()),
        ("a word for a version", "first_a.sql", good.clone()),
        ("nothing for a version", "_a.sql", good.clone()),
        ("version 0", "0_a.sql", good.clone()),
        ("a negative version", "-1_a.sql", good.clone()),
        ("a version just above 64 bits", "9223372036854775808_a.sql", good.clone()),
        ("a version far above 64 bits", "99999999999999999999999_a.sql", good.clone()),
        ("a fraction for a version", "1.5_a.sql", good.clone()),
        ("a blank before the version", " 1_a.sql", good.clone()),
        ("digits of another script", "１_a.sql", good.clone()),
        ("an extension in capitals", "1_a.SQL", good.clone()),
        ("a backup", "1_a.sql.bak", good.clone()),
        ("an editor's file", ".1_a.sql.swp", good.clone()),
        ("Go", "1_a.go", b"package x\n".to_vec()),
        ("an empty file", "1_a.sql", vec![]),
        ("blanks only", "1_a.sql", b"\n\n  \n".to_vec()),
        ("comments only", "1_a.sql", b"-- nothing\n".to_vec()),
        ("no annotation", "1_a.sql", b"CREATE TABLE t (id int);\n".to_vec()),
        ("SQL before Up", "1_a.sql", b"SELECT 1;\n-- +goose Up\nSELECT 2;\n".to_vec()),
        ("Up twice", "1_a.sql", up("SELECT 1;\n-- +goose Up\nSELECT 2;\n")),
        ("Down twice", "1_a.sql", up("-- +goose Down\nSELECT 1;\n-- +goose Down\n")),
        ("Down without Up", "1_a.sql", b"-- +goose Down\nSELECT 1;\n".to_vec()),
        ("a misspelt annotation", "1_a.sql", b"-- +goose Upp\nSELECT 1;\n".to_vec()),
        (
            "a misspelt NO TRANSACTION",
            "1_a.sql",
            b"-- +goose NOTRANSACTION\n-- +goose Up\nSELECT 1;\n".to_vec(),
        ),
        ("a block without an end", "1_a.sql", up("-- +goose StatementBegin\nSELECT 1;\n")),
        ("an end without a block", "1_a.sql", up("SELECT 1;\n-- +goose StatementEnd\n")),
        ("a block in a block", "1_a.sql", up("-- +goose StatementBegin\n-- +goose StatementBegin\n")),
        ("Down in a block", "1_a.sql", up("-- +goose StatementBegin\nSELECT 1;\n-- +goose Down\n")),
        ("a block before Up", "1_a.sql", b"-- +goose StatementBegin\nSELECT 1;\n".to_vec()),
        ("no semicolon", "1_a.sql", up("SELECT 1;\n\nSELECT\n  2\n")),
        ("no closing quote", "1_a.sql", up("SELECT 1;\nSELECT 'it is;\nSELECT 2;\n")),
        ("no end of a comment", "1_a.sql", up("SELECT 1;\n/* SELECT 2;\n")),
        ("no closing parenthesis", "1_a.sql", up("CREATE TABLE t (\n  id int;\nSELECT 1;\n")),
        (
            "a variable that must be set",
            "1_a.sql",
            up("-- +goose ENVSUB ON\nSELECT '${NOSUCH?set it in the pipeline}';\n"),
        ),
        ("a variable without a name", "1_a.sql", up("-- +goose ENVSUB ON\nSELECT '${}';\n")),
        ("a variable that is not closed", "1_a.sql", up("-- +goose ENVSUB ON\nSELECT '${NAME';\n")),
        ("a form of variable that there is not", "1_a.sql", up("-- +goose ENVSUB ON\nSELECT '${NAME+x}';\n")),
        ("UTF-16, little end first", "1_a.sql", utf16(b"\xff\xfe", true)),
        ("UTF-16, big end first", "1_a.sql", utf16(b"\xfe\xff", false)),
        ("UTF-16 without a mark", "1_a.sql", utf16(b"", true)),
        ("Latin-1", "1_a.sql", b"-- +goose Up\nSELECT 1,\n  'M\xfcller';\n".to_vec()),
        ("cut in a character", "1_a.sql", b"-- +goose Up\nSELECT 1; -- \xe2\x82".to_vec()),
        ("a NUL byte", "1_a.sql", up("SELECT 1;\nSELECT '\0';\n")),
        ("a byte order mark and an error", "1_a.sql", "\u{feff}-- +goose Up\nSELEC 1;\n".into()),
        ("two byte order marks", "1_a.sql", "\u{feff}\u{feff}-- +goose Up\nSELECT 1;\n".into()),
        (
            "line ends of Windows and an error",
            "1_a.sql",
            b"-- +goose Up\r\nSELECT\r\n  1,\r\n  nosuch;\r\n".to_vec(),
        ),
        ("line ends of old Macs", "1_a.sql", b"-- +goose Up\rSELECT 1;\r".to_vec()),
        ("an error at the end of a line of 5 MB", "1_a.sql", long(", nosuch;")),
        ("no semicolon after a line of 5 MB", "1_a.sql", long("")),
        ("wide characters and an error", "1_a.sql", up("SELECT '漢字', 'é', nosuch;\n")),
        ("a tab and an error", "1_a.sql", up("SELECT\n\t1,\tnosuch;\n")),
    ];
    let mut told = Told::default();
    for (name, file, bytes) in &cases {
        let db = kept(Engine::Sqlite);
        put(&db, file, bytes);
        told.case(name, &db, &on(&db), &["up"]);
    }
    told.check("bad_input__files", 50);
}

#[test]
fn directories() {
    let mut told = Told::default();
    let db = kept(Engine::Sqlite);
    told.case("no such directory", &db, &on(&db), &["up"]);
    db.write("plain", "x");
    told.case("a file for a directory", &db, &on(&db), &["-dir", "plain", "up"]);
    std::fs::create_dir(db.dir().join("migrations")).unwrap();
    told.case("an empty directory", &db, &on(&db), &["up"]);
    symlink("round", db.dir().join("round")).unwrap();
    told.case("a loop of links for a directory", &db, &on(&db), &["-dir", "round", "up"]);

    let at = |name: &str| db.dir().join("migrations").join(name);
    std::fs::create_dir(at("1_a.sql")).unwrap();
    told.case("a directory with a migration's name", &db, &on(&db), &["up"]);
    std::fs::remove_dir(at("1_a.sql")).unwrap();
    symlink("1_a.sql", at("1_a.sql")).unwrap();
    told.case("a loop of links for a file", &db, &on(&db), &["up"]);
    std::fs::remove_file(at("1_a.sql")).unwrap();
    symlink("nowhere", at("1_a.sql")).unwrap();
    told.case("a link that leads nowhere", &db, &on(&db), &["up"]);
    std::fs::remove_file(at("1_a.sql")).unwrap();
    put(&db, "1_a.sql", GOOD);
    put(&db, "00001_b.sql", GOOD);
    told.case("a version twice", &db, &on(&db), &["up"]);
    told.case("a version twice, status", &db, &on(&db), &["status"]);
    std::fs::remove_file(at("00001_b.sql")).unwrap();

    // As Kubernetes mounts a ConfigMap: the files are links into `..data`, a link to a directory with a time in it.
    std::fs::create_dir_all(db.dir().join("map/..2026_01_02")).unwrap();
    symlink("..2026_01_02", db.dir().join("map/..data")).unwrap();
    std::fs::write(db.dir().join("map/..data/1_a.sql"), GOOD).unwrap();
    symlink("..data/1_a.sql", db.dir().join("map/1_a.sql")).unwrap();
    told.case("a mounted ConfigMap is no problem", &db, &on(&db), &["-dir", "map", "status"]);

    told.case("an unknown driver", &db, &on(&db).env("GOOSE_DRIVER", "nosuch"), &["up"]);
    told.case("a table name that is none", &db, &on(&db), &["-table", "a;b", "up"]);
    told.case("a version that is none", &db, &on(&db), &["up-to", "one"]);
    told.case("a version above 64 bits", &db, &on(&db), &["up-to", "9223372036854775808"]);
    told.case("no env file", &db, &on(&db), &["-env", "nosuch", "up"]);

    on(&db).run(["up"]).expect_code(0);
    std::fs::remove_file(at("1_a.sql")).unwrap();
    // As if goose had applied it: no text of it is stored.
    db.sql("DELETE FROM brant_journal").unwrap();
    put(&db, "2_b.sql", GOOD);
    told.case("the file to revert is gone", &db, &on(&db), &["down"]);
    put(&db, "1_a.sql", b"-- +goose Up\nSELECT 1;\n");
    told.case("nothing to revert with", &db, &on(&db), &["down"]);
    db.sql("INSERT INTO goose_db_version (version_id, is_applied) VALUES (5, true)").unwrap();
    put(&db, "5_c.sql", GOOD);
    told.case("out of order", &db, &on(&db), &["up"]);
    db.sql("DELETE FROM goose_db_version").unwrap();
    told.case("the history was emptied", &db, &on(&db), &["up"]);
    db.sql("DROP TABLE goose_db_version; CREATE TABLE goose_db_version (x int)").unwrap();
    told.case("the history has other columns", &db, &on(&db), &["up"]);
    told.check("bad_input__directories", 20);
}

#[test]
fn connection_strings() {
    let mut told = Told::default();
    for (driver, dbstring) in [
        ("postgres", ""),
        ("postgres", "postgres://127.0.0.1:notaport/db"),
        ("postgres", "postgres://u@127.0.0.1:1/db?nosuch=1&sslmode=disable"),
        ("postgres", "postgres://u:geheim@127.0.0.1:1/db?sslmode=sometimes"),
        ("postgres", "host=127.0.0.1 port=1 user=u password=geheim sslmode=disable"),
        ("postgres", "host='127.0.0.1 user=u"),
        ("postgres", "host=127.0.0.1 port"),
        ("postgres", "host=/nosuch user=u dbname=d"),
        ("postgres", "host=nosuch.invalid user=u dbname=d sslmode=disable"),
        ("postgres", "postgres://u:ge%zzheim@127.0.0.1:1/db"),
        ("postgres", "mysql://u:geheim@127.0.0.1:1/db"),
        ("mysql", "u:geheim@tcp(127.0.0.1:1)/db"),
        ("mysql", "u:geheim@tcp(127.0.0.1:1)"),
        ("mysql", "u:geheim@tcp(127.0.0.1:1/db"),
        ("mysql", "u:geheim@pigeon(127.0.0.1:1)/db"),
        ("mysql", "u:geheim@tcp(127.0.0.1:1)/db?nosuch=1"),
        ("mysql", "u:geheim@tcp(127.0.0.1:1)/db?timeout=soon"),
        ("mysql", "u@unix(/nosuch/sock)/db"),
        ("mysql", "postgres://u:geheim@127.0.0.1:1/db"),
        ("sqlite3", "nosuch/x.db"),
        ("sqlite3", "migrations"),
        ("sqlite3", "text.db"),
        ("sqlite3", "file:none.db?mode=ro"),
        ("sqlite3", "file:x.db?_pragma=nosuch("),
        ("sqlite3", "file:x.db?mode=nosuch"),
    ] {
        let db = kept(Engine::Sqlite);
        put(&db, "1_a.sql", GOOD);
        db.write("text.db", &"this is no database at all\n".repeat(100));
        let brant = on(&db).env("GOOSE_DRIVER", driver).env("GOOSE_DBSTRING", dbstring);
        told.case(&format!("{driver} {dbstring}").replace("geheim", "SECRET"), &db, &brant, &["up"]);
    }
    assert!(!told.text.contains("geheim"), "{}", told.text);
    told.check("bad_input__connection_strings", 25);
}
