//! Others are in the way of a migration in Rust, or of one that has hooks: it is tried again as a whole, and what hooks do
//! in its transaction is done as often as the transaction is, and committed once.

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use brant::{
    BoxError, Builder, Context, ErrorKind, Hooks, Migration, Migrations, Migrator, Observer, Result,
    RustMigration, SqlHooks, StepInfo, StepOutcome, async_trait,
};
use brant_testkit::{Engine, Session, TestDatabase, each_engine};
use support::{Notes, applied, one, url, wait};

fn each_server(body: impl Fn(&TestDatabase)) {
    each_engine(|db| {
        if db.engine != Engine::Sqlite {
            body(db);
        }
    });
}

/// A table with a row that a migration changes and another session holds, and one in which everybody leaves marks.
fn prepare(db: &TestDatabase) {
    db.sql(
        "CREATE TABLE wanted (id int PRIMARY KEY, n int); INSERT INTO wanted VALUES (1, 0); CREATE TABLE marks (what \
         varchar(20));",
    )
    .unwrap();
}

fn marks(db: &TestDatabase) -> Vec<String> {
    db.column("SELECT what FROM marks")
}

fn holder(db: &TestDatabase) -> Session {
    let mut holder = db.session();
    holder.run("BEGIN; UPDATE wanted SET n = n + 10;");
    holder
}

async fn mark_and_change(ctx: &mut Context<'_>) -> Result<()> {
    ctx.execute("INSERT INTO marks VALUES ('code')", ()).await?;
    ctx.execute("UPDATE wanted SET n = n + 1 WHERE id = 1", ()).await?;
    Ok(())
}

/// An application's own error, around that of the database.
#[derive(Debug, thiserror::Error)]
#[error("the counter can't be raised")]
struct Raising(#[source] brant::StatementError);

async fn wrapped(ctx: &mut Context<'_>) -> Result<()> {
    ctx.execute("INSERT INTO marks VALUES ('code')", ()).await?;
    ctx.execute("UPDATE wanted SET n = n + 1 WHERE id = 1", ()).await.map_err(Raising)?;
    Ok(())
}

fn code() -> Migrations {
    Migrations::new().rust(RustMigration::new(1, "code").up(mark_and_change).irreversible()).unwrap()
}

fn sql() -> Migrations {
    one("1_code.sql", "INSERT INTO marks VALUES ('code');\nUPDATE wanted SET n = n + 1 WHERE id = 1;")
}

fn quick(migrations: Migrations) -> Builder {
    Migrator::builder(migrations).lock_timeout(Duration::from_secs(1)).retry_for(Duration::from_secs(60))
}

/// Lets the holder go when a migration is to be tried again.
struct Release(Mutex<Option<Session>>);

impl Observer for Release {
    fn retrying(&mut self, _: &Migration, _: usize, _: Duration, _: &str) {
        if let Some(mut holder) = self.0.lock().unwrap().take() {
            holder.run("COMMIT;");
        }
    }
}

fn release(holder: Session) -> Release {
    Release(Mutex::new(Some(holder)))
}

/// Leaves marks in the database and in memory.
struct Marker(Notes);

#[async_trait]
impl Hooks for Marker {
    async fn before_migration(&self, _: &StepInfo<'_>, ctx: &mut Context<'_>) -> Result<(), BoxError> {
        self.0.lock().unwrap().push("before".to_owned());
        ctx.execute("INSERT INTO marks VALUES ('before')", ()).await?;
        Ok(())
    }

    async fn after_migration(
        &self,
        _: &StepInfo<'_>,
        outcome: &StepOutcome<'_>,
        _: &mut Context<'_>,
    ) -> Result<(), BoxError> {
        let ending = if outcome.failure.is_some() { "after: failed" } else { "after: done" };
        self.0.lock().unwrap().push(ending.to_owned());
        Ok(())
    }
}

#[test]
fn a_lock_timeout_is_tried_again_and_hooks_see_each_try() {
    each_server(|db| {
        let wrapped = RustMigration::new(1, "code").up(wrapped).irreversible();
        let wrapped = Migrations::new().rust(wrapped).unwrap();
        for (kind, migrations) in [("sql", sql()), ("code", code()), ("own error", wrapped)] {
            let db = TestDatabase::fresh(db.engine);
            prepare(&db);
            let notes = Notes::default();
            let migrator =
                quick(migrations).hooks(Marker(Arc::clone(&notes))).observer(release(holder(&db))).build();
            let report = wait(migrator.up(&url(&db))).unwrap_or_else(|error| panic!("{kind}: {error:?}"));
            assert_eq!(report.steps.len(), 1);
            assert_eq!(
                *notes.lock().unwrap(),
                ["before", "after: failed", "before", "after: done"],
                "{kind}"
            );
            assert_eq!(marks(&db), ["before", "code"], "{kind}: what was rolled back is there once");
            assert_eq!(db.column("SELECT n FROM wanted"), ["11"], "{kind}");
            assert_eq!(applied(&db), [1], "{kind}");
        }
    });
}

async fn both(ctx: &mut Context<'_>) -> Result<()> {
    mark_and_change(ctx).await?;
    ctx.execute("UPDATE other SET id = id + 1", ()).await?;
    Ok(())
}

fn is_waiting(db: &TestDatabase) -> bool {
    let (of, text) = match db.engine {
        Engine::Postgres => {
            ("pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()", "query")
        }
        _ => ("information_schema.processlist WHERE db = database()", "info"),
    };
    db.column(&format!("SELECT count(*) FROM {of} AND {text} LIKE 'UPDATE other SET id = id + 1%'")) != ["0"]
}

#[test]
fn code_that_is_the_victim_of_a_deadlock_is_tried_again() {
    each_server(|db| {
        prepare(db);
        db.sql("CREATE TABLE other (id int); INSERT INTO other VALUES (1), (2), (3), (4), (5), (6);")
            .unwrap();
        let mut opponent = db.session();
        if db.engine == Engine::Postgres {
            // Whoever looks for a deadlock first is its victim.
            opponent.run("SET deadlock_timeout = '1min';");
        }
        opponent.run("BEGIN; UPDATE other SET id = id + 10;");
        let notes = Notes::default();
        let both = Migrations::new().rust(RustMigration::new(1, "code").up(both).irreversible()).unwrap();
        let hooks = Marker(Arc::clone(&notes));
        let migrator = quick(both).lock_timeout(Duration::from_secs(20)).hooks(hooks).build();
        let url = url(db);
        std::thread::scope(|scope| {
            let running = scope.spawn(|| wait(migrator.up(&url)));
            while !is_waiting(db) {
                assert!(!running.is_finished(), "{}: it did not wait", db.engine);
                std::thread::sleep(Duration::from_millis(20));
            }
            opponent.run("UPDATE wanted SET n = n + 10;");
            opponent.run("COMMIT;");
            running.join().unwrap().unwrap_or_else(|error| panic!("{}: {error:?}", db.engine));
        });
        assert_eq!(
            *notes.lock().unwrap(),
            ["before", "after: failed", "before", "after: done"],
            "{}",
            db.engine
        );
        assert_eq!(marks(db), ["before", "code"], "{}", db.engine);
        assert_eq!(db.column("SELECT n FROM wanted"), ["11"], "{}", db.engine);
        assert_eq!(db.column("SELECT min(id) FROM other"), ["12"], "{}", db.engine);
    });
}

#[test]
fn sql_hooks_are_committed_once_with_what_they_go_before() {
    each_server(|db| {
        for (kind, migrations) in [("sql", sql()), ("code", code())] {
            let db = TestDatabase::fresh(db.engine);
            prepare(&db);
            let hooks = SqlHooks::new()
                .before_all("INSERT INTO marks VALUES ('before all')")
                .before_each("INSERT INTO marks VALUES ('before each')")
                .after_each("INSERT INTO marks VALUES ('after each')")
                .after_all("INSERT INTO marks VALUES ('after all')");
            wait(quick(migrations).hooks(hooks).observer(release(holder(&db))).build().up(&url(&db)))
                .unwrap();
            // After each try, since it may have to take back what went before.
            let wanted = ["before all", "after each", "before each", "code", "after each", "after all"];
            assert_eq!(marks(&db), wanted, "{kind}");
        }
    });
}

/// What a hook has done outside of a transaction stays: it is not done again where only a statement is.
#[test]
fn where_a_statement_alone_is_tried_again_hooks_are_not() {
    each_server(|db| {
        prepare(db);
        let text = "-- +goose NO TRANSACTION\n-- +goose Up\nINSERT INTO marks VALUES ('first');\nALTER TABLE wanted ADD COLUMN v \
                    int;\nINSERT INTO marks VALUES ('last');\n";
        let notes = Notes::default();
        let migrator = quick(Migrations::new().sql("1_alter.sql", text).unwrap())
            .hooks(Marker(Arc::clone(&notes)))
            .observer(release(holder(db)))
            .build();
        wait(migrator.up(&url(db))).unwrap();
        assert_eq!(*notes.lock().unwrap(), ["before", "after: done"], "{}", db.engine);
        assert_eq!(marks(db), ["before", "first", "last"], "{}", db.engine);
    });
}

/// A hook that fails is a veto, whatever it failed of.
#[test]
fn a_hook_that_can_not_get_a_lock_is_a_veto() {
    each_server(|db| {
        prepare(db);
        let holder = holder(db);
        let hooks = SqlHooks::new().before_each("UPDATE wanted SET n = n + 100");
        let error = wait(quick(sql()).hooks(hooks).build().up(&url(db))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stopped, "{}: {error:?}", db.engine);
        assert!(error.to_string().contains("a hook did not let `1_code.sql` begin"), "{error}");
        drop(holder);
        assert!(marks(db).is_empty() && applied(db).is_empty(), "{}", db.engine);
    });
}
