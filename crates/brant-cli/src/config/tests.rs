//! Who has the last word on each setting.

use super::*;

const FILE: &str = r#"
dir = "file"
also = ["more"]
recursive = true
table = "of_file"
schema = "s"
hooks = "h"
lock = false
lock_wait = "1s"
timeout = "2s"
out_of_order = "warn"
protected = true
lock_timeout = "3s"
statement_timeout = "4s"
retry_for = "5s"
strict = true
"#;

fn effective(args: &[&str], variables: &[(&str, &str)], file: &str) -> Config {
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    let environment = Environment::of(variables);
    let settings = Settings::parse("brant.toml".as_ref(), file, None).unwrap();
    Config::new(&crate::args::parse(&args).unwrap(), environment, settings)
}

#[test]
fn a_flag_wins_over_a_variable_over_the_file_over_the_default() {
    let variables = &[(GOOSE_MIGRATION_DIR, "variable"), (GOOSE_TABLE, "of_variable"), (BRANT_HOOKS, "v")];
    for (name, flag, by_flag, by_variable, by_file) in [
        (
            "dir",
            "-dir=flag",
            r#""flag" flag -dir"#,
            r#""variable" variable GOOSE_MIGRATION_DIR"#,
            r#""file" brant.toml:2"#,
        ),
        ("also", "--also=flag", r#"["flag"] flag --also"#, "", r#"["more"] brant.toml:3"#),
        ("recursive", "--recursive=false", "false flag --recursive", "", "true brant.toml:4"),
        (
            "table",
            "-table=flag",
            r#""flag" flag -table"#,
            r#""of_variable" variable GOOSE_TABLE"#,
            r#""of_file" brant.toml:5"#,
        ),
        ("schema", "--schema=flag", r#""flag" flag --schema"#, "", r#""s" brant.toml:6"#),
        (
            "hooks",
            "--hooks=flag",
            r#""flag" flag --hooks"#,
            r#""v" variable BRANT_HOOKS"#,
            r#""h" brant.toml:7"#,
        ),
        ("lock", "--no-lock=false", "true flag --no-lock", "", "false brant.toml:8"),
        ("lock_wait", "--lock-wait=9s", r#""9s" flag --lock-wait"#, "", r#""1s" brant.toml:9"#),
        ("timeout", "-timeout=0", r#""0s" flag -timeout"#, "", r#""2s" brant.toml:10"#),
        (
            "out_of_order",
            "--allow-out-of-order",
            r#""apply" flag --allow-out-of-order"#,
            "",
            r#""warn" brant.toml:11"#,
        ),
        ("protected", "", "", "", "true brant.toml:12"),
        ("lock_timeout", "--lock-timeout=0", r#""0s" flag --lock-timeout"#, "", r#""3s" brant.toml:13"#),
        (
            "statement_timeout",
            "--statement-timeout=9s",
            r#""9s" flag --statement-timeout"#,
            "",
            r#""4s" brant.toml:14"#,
        ),
        ("retry_for", "--retry-for=9s", r#""9s" flag --retry-for"#, "", r#""5s" brant.toml:15"#),
        ("strict", "--strict=false", "false flag --strict", "", "true brant.toml:16"),
    ] {
        let told = |config: &Config| {
            let found = config.effective.iter().find(|e| e.name == name).unwrap();
            format!("{} {}", found.value.as_deref().unwrap_or("-"), found.origin.shown())
        };
        let flags = if flag.is_empty() { vec![] } else { vec![flag] };
        if !by_flag.is_empty() {
            assert_eq!(told(&effective(&flags, variables, FILE)), by_flag);
        }
        if !by_variable.is_empty() {
            assert_eq!(told(&effective(&[], variables, FILE)), by_variable);
        }
        assert_eq!(told(&effective(&[], &[], FILE)), by_file);
        assert_eq!(told(&effective(&[], &[], "")), "- default", "{name}");
    }
}

#[test]
fn what_is_shown_is_what_is_in_effect() {
    let of_file = effective(&[], &[], FILE);
    assert_eq!(of_file.dir(), PathBuf::from("file"));
    assert_eq!((of_file.also.len(), of_file.recursive, of_file.protected), (1, true, true));
    assert_eq!((of_file.table.as_deref(), of_file.schema.as_deref()), (Some("of_file"), Some("s")));
    assert_eq!((of_file.lock, of_file.timeout), (LockMode::Off, Some(Duration::from_secs(2))));
    assert_eq!(of_file.policy.out_of_order, OutOfOrder::Warn);

    let args = &["--no-lock=false", "-timeout=0", "--allow-out-of-order=false", "-table="];
    let by_flags = effective(args, &[], FILE);
    assert_eq!((by_flags.lock, by_flags.timeout), (LockMode::Wait(Duration::from_secs(1)), None));
    assert_eq!(by_flags.policy.out_of_order, OutOfOrder::Error);
    assert_eq!(by_flags.table.as_deref(), Some("of_file"), "goose takes an empty -table for none");

    let nothing = effective(&[], &[], "");
    assert_eq!(nothing.lock, LockMode::Wait(LOCK_WAIT));
    assert_eq!((nothing.dir, nothing.table, nothing.timeout), (None, None, None));
}

#[test]
fn every_key_of_the_file_is_shown() {
    let shown = effective(&[], &[], "").effective;
    for key in crate::settings::KEYS.iter().filter(|key| !["driver", "database"].contains(&key.name)) {
        assert!(shown.iter().any(|e| e.name == key.name), "{}", key.name);
    }
}
