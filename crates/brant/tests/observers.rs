//! What observers are told: through their own methods, and through `tracing`.

mod support;

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use brant::{
    Direction, Migration, Migrations, Migrator, Observer, Plan, Report, Statement, StepReport,
    TracingObserver,
};
use support::{url, wait};

/// An application's structured log: a line of keys and values for each event.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Log {
    fn line(&self, level: &str, message: &str, fields: &[(&str, &dyn std::fmt::Display)]) {
        let mut log = self.0.lock().unwrap();
        log.push_str(&format!("level={level} msg={message:?}"));
        for (key, value) in fields {
            log.push_str(&format!(" {key}={:?}", value.to_string()));
        }
        log.push('\n');
    }
}

impl Observer for Log {
    fn run_started(&mut self, dialect: &'static str) {
        self.line("info", "run started", &[("dialect", &dialect)]);
    }

    fn planned(&mut self, plan: &Plan) {
        self.line("info", "planned", &[("steps", &plan.steps.len())]);
    }

    fn step_started(&mut self, migration: &Migration, direction: Direction, number: usize, total: usize) {
        let fields: &[(&str, &dyn std::fmt::Display)] = &[
            ("version", &migration.version),
            ("direction", &direction),
            ("number", &number),
            ("total", &total),
        ];
        self.line("info", "step started", fields);
    }

    fn transaction_begun(&mut self) {
        self.line("debug", "transaction begun", &[]);
    }

    fn statement_started(&mut self, statement: &Statement) {
        self.line("debug", "statement started", &[("sql", &statement.source)]);
    }

    fn statement_finished(&mut self, statement: &Statement, _: Duration) {
        self.line("debug", "statement finished", &[("sql", &statement.source)]);
    }

    fn transaction_committed(&mut self) {
        self.line("debug", "transaction committed", &[]);
    }

    fn transaction_rolled_back(&mut self) {
        self.line("debug", "transaction rolled back", &[]);
    }

    fn step_finished(&mut self, step: &StepReport) {
        self.line("info", "step finished", &[("version", &step.migration.version)]);
    }

    fn step_failed(&mut self, migration: &Migration, direction: Direction, duration: Duration, error: &str) {
        assert!(!duration.is_zero());
        let fields: &[(&str, &dyn std::fmt::Display)] =
            &[("version", &migration.version), ("direction", &direction), ("error", &error)];
        self.line("error", "step failed", fields);
    }

    fn run_finished(&mut self, report: &Report) {
        self.line("info", "run finished", &[("steps", &report.steps.len())]);
    }

    fn run_failed(&mut self, report: &Report, error: &str) {
        self.line("error", "run failed", &[("steps", &report.steps.len()), ("error", &error)]);
    }
}

/// One migration that succeeds, and one that does not.
fn two() -> Migrations {
    Migrations::new()
        .sql("1_users.sql", "-- +goose Up\nCREATE TABLE users (id int);\n-- +goose Down\nDROP TABLE users;\n")
        .and_then(|m| {
            m.sql(
                "2_rows.sql",
                "-- +goose Up\nINSERT INTO users VALUES (1);\nINSERT INTO nowhere VALUES (1);\n",
            )
        })
        .unwrap()
}

#[test]
fn an_observer_takes_what_it_wants() {
    let (db, log) = (brant_testkit::sqlite(), Log::default());
    let migrator = Migrator::builder(two()).observer(log.clone()).build();
    wait(migrator.up_to(&url(&db), 1)).unwrap();
    wait(migrator.up(&url(&db))).unwrap_err();
    wait(migrator.down(&url(&db))).unwrap();
    wait(migrator.down(&url(&db))).unwrap_err();
    insta::assert_snapshot!(log.0.lock().unwrap());
}

/// Where a subscriber of `tracing` writes.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// All that a subscriber is told meanwhile, at every level, without durations.
fn traced(work: impl FnOnce()) -> String {
    let buffer = Buffer::default();
    let writer = buffer.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_target(false)
        .without_time()
        .finish();
    tracing::subscriber::with_default(subscriber, work);
    let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
    let steady = |word: &str| match word.split_once("duration_ms=") {
        Some((before, _)) => format!("{before}duration_ms=D"),
        None => word.to_owned(),
    };
    let line = |line: &str| line.split(' ').map(steady).collect::<Vec<_>>().join(" ").trim().to_owned();
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn spans_and_events_tell_the_run() {
    let db = brant_testkit::sqlite();
    let migrator = Migrator::builder(two()).observer(TracingObserver::new()).build();
    let text = traced(|| {
        wait(migrator.up(&url(&db))).unwrap_err();
    });
    insta::assert_snapshot!(text);
}

#[test]
fn no_secret_gets_into_a_trace() {
    let db = brant_testkit::postgres();
    let secret = "-- +goose ENVSUB ON\n-- +goose Up\nCREATE TABLE t (v text);\nINSERT INTO t VALUES ('${TOKEN}');\n\
                  CREATE ROLE brant_traced PASSWORD 'geheimes-literal';\nSELECT '${TOKEN}'::int;\n";
    let migrations = Migrations::new().sql("1_secret.sql", secret).unwrap();
    let migrator = Migrator::builder(migrations)
        .variable("TOKEN", "token-4711-value")
        .observer(TracingObserver::new())
        .build();
    let text = traced(|| {
        wait(migrator.up(&url(&db))).unwrap_err();
    });
    assert!(text.contains("${TOKEN}") && text.contains("PASSWORD '***'"), "{text}");
    assert!(text.contains("invalid input syntax for type integer"), "{text}");
    for secret in ["token-4711-value", "4711", "geheimes-literal", "geheim"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}
