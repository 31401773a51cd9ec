//! What the file may say, and what is said of a file that says something else.

use super::*;
use crate::failure::{FailureKind, Next};

fn parse(text: &str, chosen: Option<&str>) -> Result<Settings, String> {
    Settings::parse("brant.toml".as_ref(), text, chosen.map(|name| (name, &Origin::Flag("--environment"))))
        .map_err(|failure| {
            let FailureKind::Plain { message, next, .. } = failure.kind else { panic!("{failure:?}") };
            format!("{message} | {}", next.as_ref().map_or("", Next::bare))
        })
}

const FILE: &str = r#"
driver = "postgres"
database = "postgres://localhost/dev"
lock_wait = "1m30s"

[environments.production]
database = "postgres://app:${PGPASS}@db/app"
protected = true

[environments.ci]
lock = false
"#;

#[test]
fn an_environment_overrides_the_top() {
    let located = |value: &str, line| Some(Located { value: value.to_owned(), line });
    let top = parse(FILE, None).unwrap();
    assert_eq!((top.database, top.protected), (located("postgres://localhost/dev", 3), None));
    let production = parse(FILE, Some("production")).unwrap();
    assert_eq!(production.database, located("postgres://app:${PGPASS}@db/app", 7));
    assert_eq!(production.driver, located("postgres", 2));
    assert_eq!(production.protected, Some(Located { value: true, line: 8 }));
    assert_eq!(production.lock_wait, Some(Located { value: Duration::from_secs(90), line: 4 }));
    assert_eq!(production.environment.as_deref(), Some("production"));
    let ci = parse(FILE, Some("ci")).unwrap();
    assert_eq!((ci.lock.map(|lock| lock.value), ci.protected), (Some(false), None));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (text, chosen, wanted) in [
        ("dirr = 1", None, "brant.toml:1:1: unknown key `dirr` | did you mean `dir`?"),
        ("\n databse = 'x'", None, "brant.toml:2:2: unknown key `databse` | did you mean `database`?"),
        ("lock-wait = '1s'", None, "brant.toml:1:1: unknown key `lock-wait` | did you mean `lock_wait`?"),
        (
            "colour = 'red'",
            None,
            "brant.toml:1:1: unknown key `colour` | there are driver, database, dir, also, recursive, table, schema, hooks, \
             lock, lock_wait, lock_timeout, statement_timeout, retry_for, timeout, out_of_order, strict, protected",
        ),
        (
            "[environment.x]\n",
            None,
            "brant.toml:1:2: unknown key `environment` | did you mean `environments`?",
        ),
        (
            "[environments.x]\ntabel = 't'",
            None,
            "brant.toml:2:1: unknown key `tabel` | did you mean `table`?",
        ),
        (
            "[environments.dev]\n[environments.production]\ntabel = 't'",
            Some("dev"),
            "brant.toml:3:1: unknown key `tabel` | did you mean `table`?",
        ),
        ("lock = 'no'", None, "brant.toml:1:8: `lock` is `true` or `false` | correct the file"),
        ("dir = 5", None, "brant.toml:1:7: `dir` is a text in quotes | correct the file"),
        ("dir = ''", None, "brant.toml:1:7: `dir` is a text in quotes | correct the file"),
        (
            "also = 'a'",
            None,
            "brant.toml:1:8: `also` is a list of directories: `[\"one\", \"two\"]` | correct the file",
        ),
        (
            "timeout = 5",
            None,
            "brant.toml:1:11: `timeout` is a duration in quotes: a number with a unit, as in `\"500ms\"`, `\"90s\"` or \
             `\"1h30m\"` | correct the file",
        ),
        (
            "out_of_order = 'allow'",
            None,
            "brant.toml:1:16: `out_of_order` is `\"error\"`, `\"warn\"` or `\"apply\"` | correct the file",
        ),
        (
            "environments = 1",
            None,
            "brant.toml:1:16: `environments` is a table | write `[environments.NAME]` above the settings of an environment",
        ),
        (FILE, Some("prodution"), "`brant.toml` has no environment `prodution` | did you mean `production`?"),
        (FILE, Some("x"), "`brant.toml` has no environment `x` | there are `ci`, `production`"),
        ("", Some("x"), "`brant.toml` has no environment `x` | write `[environments.x]` and its settings"),
    ] {
        assert_eq!(parse(text, chosen).unwrap_err(), wanted, "{text}");
    }
}

#[test]
fn a_malformed_file_is_not_quoted() {
    let told = parse("database = \"postgres://u:geheim@h/d\nlock = true", None).unwrap_err();
    assert!(told.starts_with("brant.toml:1:"), "{told}");
    assert!(!told.contains("geheim"), "{told}");
}

#[test]
fn paths_are_meant_aside_the_file_lies() {
    let settings = Settings::parse("deploy/brant.toml".as_ref(), "dir = 'm'\nalso = ['/a', 'b']\n", None);
    let settings = settings.unwrap_or_else(|failure| panic!("{failure:?}"));
    assert_eq!(settings.dir.unwrap().value, "deploy/m");
    assert_eq!(settings.also.unwrap().value, ["/a", "deploy/b"]);
}

#[test]
fn every_key_is_explained() {
    let page = include_str!("../../../../docs/configuration.md");
    for key in KEYS {
        assert!(page.contains(&format!("| `{}` |", key.name)), "{}", key.name);
    }
}
