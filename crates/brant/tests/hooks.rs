//! What a program hooks into its runs: order, vetoes, outcomes.

mod support;

use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brant::{
    BoxError, Context, Error, ErrorKind, Hooks, Migrations, Migrator, Plan, RunOutcome, StatementInfo,
    StatementOutcome, StepInfo, StepOutcome, Target, Version, async_trait,
};
use brant_testkit::{Engine, TestDatabase, each_engine};
use support::{Notes, Warnings, one, three, url, wait, with};

/// Writes down each call; vetoes the one that is named, or fails in it.
#[derive(Clone, Default)]
struct Recorder {
    notes: Notes,
    refuses: Option<&'static str>,
    panics: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("not now")]
struct NotNow;

impl Recorder {
    fn refusing(call: &'static str) -> Self {
        Self { refuses: Some(call), ..Self::default() }
    }

    fn note(&self, call: &str, facts: &str) -> Result<(), BoxError> {
        self.notes.lock().unwrap().push(format!("{call}{facts}"));
        match self.refuses == Some(call) {
            true if self.panics => panic!("out of order"),
            true => Err(NotNow.into()),
            false => Ok(()),
        }
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.notes.lock().unwrap())
    }
}

fn of(step: &StepInfo<'_>) -> String {
    format!("{} {}", step.migration.version, step.direction)
}

fn ending(failed: bool) -> &'static str {
    if failed { ": failed" } else { ": done" }
}

#[async_trait]
impl Hooks for Recorder {
    async fn before_run(&self, plan: &Plan, ctx: &mut Context<'_>) -> Result<(), BoxError> {
        assert!(ctx.version().is_none() && !ctx.in_transaction());
        self.note("before run", &format!(": {} steps", plan.steps.len()))
    }

    async fn after_run(&self, outcome: &RunOutcome<'_>, _: &mut Context<'_>) -> Result<(), BoxError> {
        let facts = format!(": {} steps{}", outcome.report.steps.len(), ending(outcome.error.is_some()));
        self.note("after run", &facts)
    }

    async fn before_migration(&self, step: &StepInfo<'_>, ctx: &mut Context<'_>) -> Result<(), BoxError> {
        assert_eq!(ctx.version(), Some(step.migration.version));
        self.note(&format!("before {}", of(step)), "")
    }

    async fn after_migration(
        &self,
        step: &StepInfo<'_>,
        outcome: &StepOutcome<'_>,
        ctx: &mut Context<'_>,
    ) -> Result<(), BoxError> {
        assert!(!ctx.in_transaction() && !outcome.duration.is_zero());
        self.note(&format!("after {}", of(step)), ending(outcome.failure.is_some()))
    }

    fn wants_statements(&self) -> bool {
        true
    }

    async fn before_statement(&self, step: &StepInfo<'_>, it: &StatementInfo<'_>) -> Result<(), BoxError> {
        self.note(&format!("before {} {}/{}", of(step), it.number, it.total), "")
    }

    async fn after_statement(
        &self,
        step: &StepInfo<'_>,
        it: &StatementInfo<'_>,
        outcome: &StatementOutcome<'_>,
    ) -> Result<(), BoxError> {
        self.note(&format!("after {} {}/{}", of(step), it.number, it.total), ending(outcome.error.is_some()))
    }
}

/// Everything that a run could have changed, but for brant's own tables being there.
fn state(db: &TestDatabase) -> (String, String, Vec<Vec<String>>) {
    let rows = format!("{:?}", db.row_counts());
    (
        db.schema(),
        rows,
        db.sql("SELECT version_id, is_applied FROM goose_db_version WHERE version_id > 0 ORDER BY id")
            .unwrap_or_default(),
    )
}

#[test]
fn every_call_comes_in_its_order() {
    each_engine(|db| {
        db.sql("CREATE TABLE base (id int)").unwrap();
        let recorder = Recorder::default();
        let migrator = with(three(), recorder.clone()).build();
        wait(migrator.up(&url(db))).unwrap();
        assert_eq!(
            recorder.take(),
            [
                "before run: 3 steps",
                "before 1 up",
                "before 1 up 1/2",
                "after 1 up 1/2: done",
                "before 1 up 2/2",
                "after 1 up 2/2: done",
                "after 1 up: done",
                "before 2 up",
                "before 2 up 1/2",
                "after 2 up 1/2: done",
                "before 2 up 2/2",
                "after 2 up 2/2: done",
                "after 2 up: done",
                "before 3 up",
                "after 3 up: done",
                "after run: 3 steps: done",
            ]
        );
        wait(migrator.up(&url(db))).unwrap();
        assert_eq!(recorder.take(), [""; 0], "nothing is pending");
        wait(migrator.down_to(&url(db), 1)).unwrap();
        assert_eq!(
            recorder.take(),
            [
                "before run: 2 steps",
                "before 3 down",
                "after 3 down: done",
                "before 2 down",
                "before 2 down 1/1",
                "after 2 down 1/1: done",
                "after 2 down: done",
                "after run: 2 steps: done",
            ]
        );
    });
}

/// Runs with a veto; nothing but brant's own journal may have changed.
fn vetoed(db: &TestDatabase, recorder: &Recorder, applied: i64) -> Error {
    let plain = Migrator::new(three());
    wait(plain.migrate(&url(db), Target::GoTo(Version(applied)))).unwrap();
    let before = state(db);
    let migrator = with(three(), recorder.clone()).build();
    let goes_up = recorder.refuses.is_some_and(|call| !call.contains("down"));
    let result = match goes_up {
        true => wait(migrator.up_to(&url(db), applied + 1)),
        false => wait(migrator.down(&url(db))),
    };
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert_eq!(state(db), before, "{error:?}");
    // What was vetoed can be done later.
    let again = match goes_up {
        true => wait(plain.up_to(&url(db), applied + 1)),
        false => wait(plain.down(&url(db))),
    };
    assert_eq!(again.unwrap().steps.len(), 1);
    error
}

/// What is said of a migration that a hook did not let begin.
const NOT_BEGUN: &str = "`FILE` begin: not now (`FILE` was not begun; nothing of it is in the database)";

#[test]
fn a_veto_leaves_nothing() {
    let cases = [
        ("before run", 0, "the run begin: not now (nothing was changed)"),
        ("before 1 up", 0, NOT_BEGUN),
        (
            "before 1 up 2/2",
            0,
            "statement 2 of 2 begin: not now (`1_rows.sql` was rolled back; it left nothing in the database)",
        ),
        ("before 2 up", 1, NOT_BEGUN),
        (
            "before 2 up 1/2",
            1,
            "statement 1 of 2 begin: not now (no statement of `2_table.sql` is done; the migration is not recorded as \
             applied)",
        ),
        ("before 3 up", 2, NOT_BEGUN),
        ("before 3 down", 3, NOT_BEGUN),
        ("before 2 down", 2, NOT_BEGUN),
        ("before 1 down", 1, NOT_BEGUN),
    ];
    each_engine(|db| {
        db.sql("CREATE TABLE base (id int)").unwrap();
        for (call, applied, words) in cases {
            let recorder = Recorder::refusing(call);
            let error = vetoed(db, &recorder, applied);
            let file = ["", "1_rows.sql", "2_table.sql", "00003_code.rs"]
                [call.split(' ').nth(1).and_then(|version| version.parse().ok()).unwrap_or(0)];
            let words = words.replace("FILE", file);
            assert!(error.to_string().ends_with(&format!("a hook did not let {words}")), "{call}: {error}");
            let cause = error.source().and_then(|cause| cause.downcast_ref::<NotNow>());
            assert!(cause.is_some(), "the hook's own error is kept");
            assert_eq!(recorder.take().last().unwrap(), "after run: 0 steps: failed");
        }
    });
}

#[test]
fn a_panic_before_something_is_a_veto() {
    let db = brant_testkit::sqlite();
    db.sql("CREATE TABLE base (id int)").unwrap();
    let recorder = Recorder { panics: true, ..Recorder::refusing("before 1 up") };
    let error = vetoed(&db, &recorder, 0);
    assert!(
        error.to_string().starts_with("a hook did not let `1_rows.sql` begin: it panicked: out of order")
    );
}

#[test]
fn a_vetoed_statement_without_a_transaction_keeps_those_before_it() {
    each_engine(|db| {
        let migrations = Migrations::new().sql(
            "1_t.sql",
            "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE t (id int);\nINSERT INTO t VALUES (1);\n",
        );
        let error =
            wait(with(migrations.unwrap(), Recorder::refusing("before 1 up 2/2")).build().up(&url(db)))
                .unwrap_err();
        assert_eq!(
            error.state(),
            "1 of 2 statements of `1_t.sql` is done and stays in the database; the migration is not recorded as applied"
        );
        assert_eq!(db.column("SELECT count(*) FROM t"), ["0"]);
    });
}

#[test]
fn hooks_after_something_see_failures_and_change_nothing() {
    each_engine(|db| {
        let (recorder, notes) = (Recorder::default(), Notes::default());
        let failing = Recorder { refuses: Some("after 1 up"), ..Recorder::default() };
        let panicking = Recorder { panics: true, ..Recorder::refusing("after run") };
        let migrator = with(one("1_a.sql", "INSERT INTO nowhere VALUES (1);"), failing)
            .hooks(panicking)
            .hooks(recorder.clone())
            .observer(Warnings(Arc::clone(&notes)))
            .build();
        let error = wait(migrator.up(&url(db))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Migration);
        assert_eq!(
            recorder.take()[2..],
            ["before 1 up 1/1", "after 1 up 1/1: failed", "after 1 up: failed", "after run: 0 steps: failed"]
        );
        assert_eq!(
            *notes.lock().unwrap(),
            [
                "a hook after `1_a.sql` failed: not now",
                "a hook after the run failed: it panicked: out of order"
            ]
        );
    });
}

/// Does something in the transaction of each migration.
struct Does(&'static str, Result<(), &'static str>);

#[async_trait]
impl Hooks for Does {
    async fn before_migration(&self, _: &StepInfo<'_>, ctx: &mut Context<'_>) -> Result<(), BoxError> {
        ctx.execute(self.0, ()).await?;
        Ok(self.1?)
    }
}

#[test]
fn what_a_hook_does_belongs_to_the_migration() {
    each_engine(|db| {
        db.sql("CREATE TABLE base (id int)").unwrap();
        let hooks = Does("INSERT INTO base VALUES (7)", Err("no"));
        wait(with(three(), hooks).build().up_to(&url(db), 1)).unwrap_err();
        assert_eq!(db.column("SELECT count(*) FROM base"), ["0"], "it is rolled back with a veto");
        let hooks = Does("INSERT INTO base VALUES (7)", Ok(()));
        let wrong = one("1_a.sql", "INSERT INTO base VALUES (1);\nINSERT INTO nowhere VALUES (1);");
        wait(with(wrong, hooks).build().up(&url(db))).unwrap_err();
        assert_eq!(db.column("SELECT count(*) FROM base"), ["0"], "and with a failure");
        let refused = wait(with(three(), Does("COMMIT", Ok(()))).build().up_to(&url(db), 1)).unwrap_err();
        assert!(refused.to_string().contains("not its own to end"), "{refused}");
    });
}

#[test]
fn a_hook_that_commits_by_itself_leaves_the_migration_its_transaction() {
    let db = brant_testkit::mariadb();
    db.sql("CREATE TABLE base (id int)").unwrap();
    let hooks = Does("CREATE TABLE IF NOT EXISTS audit (id int)", Ok(()));
    let wrong = one("1_a.sql", "INSERT INTO base VALUES (1);\nINSERT INTO nowhere VALUES (1);");
    let error = wait(with(wrong, hooks).build().up(&url(&db))).unwrap_err();
    assert_eq!(error.state(), "`1_a.sql` was rolled back; it left nothing in the database");
    assert_eq!(db.column("SELECT count(*) FROM base"), ["0"]);
}

/// The transaction of a migration on the engines where `BEGIN` holds changes of the schema too.
#[test]
fn a_schema_change_of_a_hook_is_rolled_back_where_the_database_can() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let db = TestDatabase::fresh(engine);
        let hooks = Does("CREATE TABLE made (id int)", Err("no"));
        wait(with(one("1_a.sql", "SELECT 1;"), hooks).build().up(&url(&db))).unwrap_err();
        assert_eq!(db.row_counts().len(), 0, "{engine}");
    }
}

#[test]
fn a_vetoed_run_does_not_even_make_the_history() {
    each_engine(|db| {
        let migrator = with(one("1_a.sql", "SELECT 1;"), Recorder::refusing("before run")).build();
        wait(migrator.up(&url(db))).unwrap_err();
        assert!(
            db.sql("SELECT * FROM goose_db_version").is_err()
                && db.sql("SELECT * FROM brant_journal").is_err()
        );
    });
}

#[test]
fn a_run_that_is_out_of_time_ends_its_hooks_too() {
    let db = brant_testkit::postgres();
    let migrator = with(one("1_a.sql", "SELECT 1;"), Does("SELECT pg_sleep(60)", Ok(())))
        .timeout(Duration::from_millis(500))
        .build();
    let began = Instant::now();
    let error = wait(migrator.up(&url(&db))).unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(30));
    assert_eq!(
        (error.kind(), error.state().as_str()),
        (ErrorKind::Stopped, "`1_a.sql` was not begun; nothing of it is in the database")
    );
}
