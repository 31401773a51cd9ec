//! Every flag: the parser and the usage text are made from this table.

/// A flag, with all that is known of it: the parser and the usage text are made from here.
#[derive(Debug)]
pub(crate) struct Flag {
    /// Without dashes.
    pub name: &'static str,
    /// Another name for the same.
    pub alias: Option<&'static str>,
    /// What stands for its value in the usage text; empty for a truth value.
    pub value: &'static str,
    /// What it does, for the usage text.
    pub help: &'static str,
    /// How its value is checked.
    pub check: Check,
}

/// How the value of a flag is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// A truth value, true when the flag stands alone.
    Bool,
    /// Any text; the last one given counts.
    Text,
    /// Any text; all that are given count.
    Texts,
    /// A duration in Go's form.
    Duration,
    /// `text` or `json`.
    Format,
    /// `yes` or `no`.
    YesNo,
}

const fn flag(name: &'static str, value: &'static str, check: Check, help: &'static str) -> Flag {
    Flag { name, alias: None, value, help, check }
}

/// Every flag, in the order of the usage text.
pub(crate) const FLAGS: &[Flag] = &[
    flag(
        "dir",
        "DIR",
        Check::Text,
        "directory with migration files (GOOSE_MIGRATION_DIR); default: `.` if it holds one, else `migrations`",
    ),
    flag(
        "also",
        "DIR",
        Check::Texts,
        "take the migrations of this directory too; may be given several times",
    ),
    flag(
        "recursive",
        "",
        Check::Bool,
        "read the directories in each directory too, but for those with a leading dot",
    ),
    flag("table", "NAME", Check::Text, "history table (GOOSE_TABLE); default: goose_db_version"),
    flag(
        "schema",
        "NAME",
        Check::Text,
        "keep the history in this schema (MariaDB: database), made if it is missing",
    ),
    Flag {
        alias: Some("allow-missing"),
        ..flag(
            "allow-out-of-order",
            "",
            Check::Bool,
            "apply pending migrations below the highest applied version; also -allow-missing",
        )
    },
    flag(
        "allow",
        "KIND",
        Check::Texts,
        "check: do not count pending, out_of_order, missing, changed or half_done; may be given several times",
    ),
    flag(
        "allow-irreversible",
        "",
        Check::Bool,
        "revert migrations that have no Down section: only their record goes",
    ),
    flag(
        "strict",
        "",
        Check::Bool,
        "refuse to run where migrations were edited after they were applied; otherwise that is a warning",
    ),
    flag(
        "single-transaction",
        "",
        Check::Bool,
        "all migrations of the run in one transaction, all or none; refused where something can't be in it",
    ),
    flag(
        "hooks",
        "DIR",
        Check::Text,
        "run before_all.sql, before_each.sql, after_each.sql and after_all.sql of this directory (BRANT_HOOKS)",
    ),
    flag(
        "statement-done",
        "yes|no",
        Check::YesNo,
        "resume: whether the statement is done that an earlier run failed at, or was cut off at",
    ),
    flag(
        "accept-changes",
        "",
        Check::Bool,
        "resume: statements that are done may read otherwise than they did: the database is as the file says",
    ),
    flag("no-versioning", "", Check::Bool, "run the files without reading or writing the history"),
    flag("timeout", "DUR", Check::Duration, "time for the whole run, as in 90s or 5m; default: no limit"),
    flag(
        "lock-wait",
        "DUR",
        Check::Duration,
        "how long to wait while another run holds the lock; default: 15s",
    ),
    flag(
        "lock-timeout",
        "DUR",
        Check::Duration,
        "how long a statement may wait for a lock; 0: no limit; default: 2s, and 10s for what lets readers through",
    ),
    flag("statement-timeout", "DUR", Check::Duration, "how long a statement may run; default: no limit"),
    flag(
        "retry-for",
        "DUR",
        Check::Duration,
        "how long to go on trying a migration that can't get a lock; 0: not at all; default: 60s",
    ),
    flag("no-lock", "", Check::Bool, "do not lock out other runs"),
    flag("sql", "", Check::Bool, "plan: write one script for psql, mariadb or sqlite3 instead"),
    flag("out", "FILE", Check::Text, "plan: write to this file, which only its owner can read"),
    flag("for", "DUR", Check::Duration, "wait: for how long at most; default: 60s"),
    flag("s", "", Check::Bool, "create and init: number files 00001, 00002, … instead of by time"),
    flag("edit", "", Check::Bool, "create: open the new file in the editor (VISUAL, EDITOR)"),
    flag(
        "config",
        "FILE",
        Check::Text,
        "read settings from this file (BRANT_CONFIG); default: brant.toml if there is one; `none`: no file",
    ),
    flag(
        "environment",
        "NAME",
        Check::Text,
        "take the settings of this environment of brant.toml (BRANT_ENVIRONMENT)",
    ),
    flag(
        "env",
        "FILE",
        Check::Text,
        "load variables from this file; default: .env if there is one; `none`: no file",
    ),
    flag("format", "text|json", Check::Format, "how results are written to stdout"),
    flag("v", "", Check::Bool, "show each transaction and statement, and how long it took"),
    flag("quiet", "", Check::Bool, "write nothing but errors (and JSON, where it is asked for)"),
    flag(
        "detailed-exit-codes",
        "",
        Check::Bool,
        "tell causes apart: 2 usage or configuration, 3 pending (status), 5 mismatch, 6 locked, 7 history needs a person",
    ),
    flag(
        "accept",
        "VERSION",
        Check::Texts,
        "repair: take the edited file of this version as the applied one; may be given several times",
    ),
    flag("diff", "", Check::Bool, "show: what was edited since it was applied"),
    flag("reason", "TEXT", Check::Text, "mark, baseline, repair: why, for the journal"),
    flag("dry-run", "", Check::Bool, "show what the command would do, as `plan` does, and change nothing"),
    flag("without-file", "", Check::Bool, "mark: take versions that no file has"),
    flag("yes", "", Check::Bool, "answer yes to what would be asked before something is taken back for good"),
    flag("no-color", "", Check::Bool, "no colours (NO_COLOR)"),
    flag(
        "certfile",
        "FILE",
        Check::Text,
        "mysql: use TLS, and trust only the authorities in this file (PEM)",
    ),
    flag("ssl-cert", "FILE", Check::Text, "mysql: the client's certificate for TLS (PEM); with -ssl-key"),
    flag("ssl-key", "FILE", Check::Text, "mysql: the private key of -ssl-cert (PEM)"),
    Flag { alias: Some("help"), ..flag("h", "", Check::Bool, "show this text") },
    flag("version", "", Check::Bool, "show brant's own version"),
];
