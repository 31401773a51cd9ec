//! What files add to connection strings.

use super::super::ConnInfo;
use super::{environment, show};
use crate::Environment;

/// A home with everything in it.
fn home() -> (tempfile::TempDir, Environment) {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
    };
    write(".pgpass", "h:5432:me:me:mine\nh:*:*:*:other\n");
    write(
        ".pg_service.conf",
        "[shop]\nhost=s\nport=1\ndbname=shop\nsslmode=require\nlock_timeout=2s\n[bad]\nport=s3cret\n",
    );
    write("own.conf", "[shop]\nhost=own\n");
    write("own.pass", "h:*:*:*:own\n");
    write(".postgresql/root.crt", "");
    write(".postgresql/postgresql.crt", "");
    let environment = environment(&[("HOME", &folder.path().display().to_string())]);
    (folder, environment)
}

#[test]
fn files_complete_the_string() {
    let (folder, home) = home();
    let path = folder.path().display().to_string();
    type Row = (&'static [(&'static str, &'static str)], &'static str, &'static str);
    let table: &[Row] = &[
        (&[], "host=h", "h:5432"),
        (
            &[],
            "service=shop",
            "s:1 db<shop> ssl<Require> roots<HOME/.postgresql/root.crt> options<-c lock_timeout=2s>",
        ),
        (&[("PGSERVICE", "shop")], "sslmode=prefer", "s:1 db<shop> options<-c lock_timeout=2s>"),
        (
            &[("PGPORT", "2"), ("PGUSER", "u")],
            "service=shop sslmode=prefer",
            "s:1 user<u> db<shop> options<-c lock_timeout=2s>",
        ),
        (
            &[("PGSERVICE", "nosuch")],
            "postgres://h/x?service=shop&sslmode=prefer&lock_timeout=1s",
            "h:1 db<x> options<-c lock_timeout=1s>",
        ),
        (&[("PGSERVICEFILE", "HOME/own.conf")], "service=shop", "own:5432"),
        (&[], "service=shop servicefile=HOME/own.conf", "own:5432"),
        (&[], "host=h sslmode=require", "h:5432 ssl<Require> roots<HOME/.postgresql/root.crt>"),
        (&[], "host=h sslmode=verify-ca", "h:5432 ssl<VerifyCa> roots<HOME/.postgresql/root.crt>"),
        (&[], "host=h sslmode=verify-full", "h:5432 ssl<VerifyFull> roots<HOME/.postgresql/root.crt>"),
        (&[], "host=h sslmode=verify-full sslrootcert=system", "h:5432 ssl<VerifyFull> roots<system>"),
    ];
    let in_home = |text: &str| text.replace("HOME", &path);
    for (variables, dbstring, want) in table {
        let mut environment = home.clone();
        environment.extend(variables.iter().map(|(key, value)| ((*key).to_owned(), in_home(value))));
        let info =
            ConnInfo::parse(&in_home(dbstring), &environment).unwrap_or_else(|error| panic!("{error}"));
        let cert = in_home(" cert<HOME/.postgresql/postgresql.crt HOME/.postgresql/postgresql.key>");
        assert_eq!(show(&info).replace(&cert, ""), in_home(want), "{variables:?} {dbstring}");
    }
    let error = ConnInfo::parse("service=bad", &home).unwrap_err();
    assert!(error.message.starts_with("`port` (from service `bad`) must be a number"), "{error}");
    assert!(!error.message.contains("s3cret"));
}

#[test]
fn passwords_are_looked_up() {
    let (folder, home) = home();
    let own = folder.path().join("own.pass").display().to_string();
    for (variables, dbstring, want) in [
        (None, "host=h", Some("mine")),
        (None, "host=h user=x", Some("other")),
        (None, "host=h port=1", Some("other")),
        (None, "host=x", None),
        (None, "host=h password=pw", Some("pw")),
        (None, "postgres://me:pw@h", Some("pw")),
        (Some("pw"), "host=h", Some("pw")),
        (None, &format!("host=h passfile={own}"), Some("own")),
        (Some("pw"), &format!("host=h passfile={own}"), Some("pw")),
        (None, "host=h passfile=/nosuch/file", None),
    ] {
        let mut environment = home.clone();
        environment.extend(variables.map(|password| ("PGPASSWORD".to_owned(), password.to_owned())));
        let info = ConnInfo::parse(dbstring, &environment).unwrap_or_else(|error| panic!("{error}"));
        let found = info.password_for(&info.hosts[0]).map(crate::Secret::expose);
        assert_eq!(found, want, "{dbstring}");
    }
}
