//! What to do after a failure.

use brant_core::resume::{HalfDone, Obstacle, numbers};
use brant_core::{Direction, MigrationKind, PlanError, Version};
use brant_driver::{Cause, DriverError, ErrorKind};

use crate::StopReason;
use crate::error::{DatabaseState, RunError, RunErrorKind, StatementFailure};
use crate::session::READING;

/// Command lines that advice names, each as it continues "run …".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commands {
    /// The command that failed.
    pub again: String,
    /// The command that shows what is applied.
    pub status: String,
    /// The command that goes on with a half-done migration.
    pub resume: String,
    /// What names the directory of migrations.
    pub dir: String,
    /// The command that failed reverts something before it applies anything, so that it can't go on itself with what is
    /// half applied.
    pub reverts_first: bool,
}

impl Default for Commands {
    fn default() -> Self {
        Self {
            again: "the same command again".to_owned(),
            status: "`brant status`".to_owned(),
            resume: "`brant resume`".to_owned(),
            dir: "`-dir`".to_owned(),
            reverts_first: false,
        }
    }
}

impl RunError {
    /// What to do next, as a sentence; `None` where the message says it all.
    #[must_use]
    pub fn next_step(&self, commands: &Commands) -> Option<String> {
        let again = &commands.again;
        match &self.kind {
            RunErrorKind::Plan(error) => plan_advice(error, commands),
            RunErrorKind::Changed(changes) => {
                let version = changes.first().map_or(Version::ZERO, |change| change.migration.version);
                Some(format!(
                    "`brant show {version} --diff` shows what was edited: put the file back as it was, or take it as it is \
                     with `brant repair --accept {version}`"
                ))
            }
            RunErrorKind::Script(error) => {
                let remedy = error.remedy.as_deref().unwrap_or("correct the file");
                Some(format!("{remedy}, then run {again}"))
            }
            RunErrorKind::Irreversible(_) => Some(
                "write its `-- +goose Down` section (an empty one will do if there is nothing to undo), or pass \
                 `--allow-irreversible` to remove its record and change nothing else"
                    .to_owned(),
            ),
            RunErrorKind::Locked { .. } => Some(
                "wait for the other run to finish, or pass a longer `--lock-wait`; if there is no other run, end the \
                 session named above"
                    .to_owned(),
            ),
            RunErrorKind::NotAsApproved(_) => Some(
                "make a new plan (`brant plan --out FILE`), have it approved, and apply that".to_owned(),
            ),
            RunErrorKind::PlanMoved => Some(format!("look at {}, then run {again}", commands.status)),
            RunErrorKind::LockLost | RunErrorKind::Stopped(_) => {
                Some(format!("run {again}: it goes on where this run stopped"))
            }
            RunErrorKind::Vetoed { .. } => Some(format!("{OBEY}, then run {again}")),
            RunErrorKind::SessionSetting { .. } => Some(
                "connect to the server itself for this run; or drop `NO TRANSACTION` from the file and write `SET LOCAL`"
                    .to_owned(),
            ),
            RunErrorKind::NeedsNoTransaction { .. } => Some(format!(
                "put `-- +goose NO TRANSACTION` at the top of the file (best with this statement alone in it), then run \
                 {again}"
            )),
            RunErrorKind::NotInOne { .. } => Some(
                "leave `--single-transaction` out: each migration then has a transaction of its own where it can".to_owned(),
            ),
            RunErrorKind::HalfDone(half_done) => Some(half_done_advice(half_done, commands)),
            RunErrorKind::Database { doing, error } => Some(database_advice(doing, error, again)),
            RunErrorKind::MarkCutOff { recorded: Some(true), .. } => {
                Some(format!("nothing: it is done, as {} shows", commands.status))
            }
            RunErrorKind::MarkCutOff { recorded: Some(false), .. } => {
                Some(format!("find out why the connection broke, then run {again}"))
            }
            RunErrorKind::MarkCutOff { recorded: None, .. } => {
                Some(format!("look at {} to see which; if nothing is recorded, run {again}", commands.status))
            }
            RunErrorKind::Step(failure) => Some(step_advice(failure, commands)),
        }
    }
}

/// What to do about a veto.
const OBEY: &str = "see to what the hook asks for (or correct it)";

fn plan_advice(error: &PlanError, commands: &Commands) -> Option<String> {
    let Commands { again, status, .. } = commands;
    let text = match error {
        PlanError::OutOfOrder { .. } => {
            "pass `--allow-out-of-order` (goose's `-allow-missing`) to apply them now, or give them a version above \
             the highest applied one"
        }
        PlanError::NoMigrations => {
            return Some(format!(
                "name the directory with {}, or make a first migration with `brant create`",
                commands.dir
            ));
        }
        PlanError::NothingApplied => {
            return Some(format!("{status} shows what is applied, and `up` applies what is pending"));
        }
        PlanError::UnknownVersion { .. } => {
            return Some(format!("{status} lists the versions there are; `goto 0` reverts everything"));
        }
        PlanError::DirectionUnknown { version } => {
            return Some(format!("say it: `up-to {version}` or `down-to {version}`"));
        }
        PlanError::DuplicateVersion { .. } => {
            return Some(format!("give one of the two files another version, then run {again}"));
        }
        PlanError::MissingFile { .. } => {
            return Some(format!(
                "bring the file back, for example by checking out the commit that had it, then run {again}"
            ));
        }
        PlanError::HistoryEmptied => {
            "somebody emptied the table; restore its rows, write them anew with `brant baseline VERSION`, or drop the table \
             if this database was never migrated"
        }
        PlanError::HistoryInUse { .. } => {
            "`brant mark applied VERSION...` records single versions, and `brant mark pending VERSION...` takes them back"
        }
        PlanError::NothingToMark { .. } => {
            return Some(format!(
                "{status} lists the versions there are; `brant mark` takes `--without-file`"
            ));
        }
        PlanError::ForeignCode { .. } => {
            "run it with the program that it is linked into, or rewrite it as SQL under the \
             same version"
        }
        PlanError::HalfDone { left, .. } => {
            let Commands { again, resume, .. } = commands;
            let (version, state) = (left.version, if left.direction == "up" { "pending" } else { "applied" });
            return Some(format!(
                "run {resume} to bring it to its end, or undo by hand what is done and say so with `brant mark {state} \
                 {version}`; then run {again}"
            ));
        }
        PlanError::HalfDoneWithoutFile { left } => {
            let (again, version) = (&commands.again, left.version);
            return Some(format!(
                "bring the file back, under this version, then run {again}; or say what became of it: `brant mark applied \
                 {version} --without-file`, `brant mark pending {version}`"
            ));
        }
        PlanError::TooManySteps { direction, asked: asked @ 2.., is_version: true, .. }
        | PlanError::AmbiguousSteps { direction, asked } => {
            return Some(format!("did you mean `{direction}-to {asked}`?"));
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// What removes a cause that is not in the file.
fn remedy(error: &DriverError) -> Option<&'static str> {
    Some(match error.cause()? {
        Cause::Conflict => "let the other session finish (nothing need be wrong with the file)",
        Cause::LockTimeout => "wait for the session that holds the lock to finish, or end it",
        Cause::Cancelled => "raise the limit that the statement ran into, or make it faster",
        Cause::Permission => "grant the missing right, or connect as a user who has it",
        Cause::ReadOnly => "make the database writable, or connect to the server that is",
        Cause::NoSpace => "make room on the server",
        Cause::TooManyConnections => "free a connection, or raise the server's limit",
        Cause::Authentication => "correct user and password",
        Cause::NoDatabase => "create the database, or correct its name",
        Cause::NoSchema => "create the schema, or correct its name",
        _ => return None,
    })
}

fn database_advice(doing: &str, error: &DriverError, again: &str) -> String {
    let remedy = match (remedy(error), error.kind) {
        (Some(remedy), _) => remedy,
        (None, ErrorKind::Closed) => "find out why the connection broke",
        (None, _) if error.hint.is_some() => "follow the hint",
        (None, ErrorKind::Connect) => {
            "check that the database can be reached, and that the connection string names it rightly"
        }
        (None, ErrorKind::Config) => "correct the connection string",
        (None, _) if doing == READING => {
            "see that the history table is one that goose or brant made (`-table` names another one)"
        }
        _ => "remove what the database complains of",
    };
    format!("{remedy}, then run {again}")
}

fn half_done_advice(half_done: &HalfDone, commands: &Commands) -> String {
    let Commands { again, resume, .. } = commands;
    let done = numbers(half_done.done);
    match &half_done.obstacle {
        Obstacle::Changed { number, .. } => format!(
            "put statement {number} back as it was, then run {again}; or, if the database is as the file says now, run \
             {resume} with `--accept-changes`"
        ),
        Obstacle::InDoubt { number, .. } => format!(
            "look in the database whether statement {number} is done, then run {resume} with `--statement-done=yes` or \
             `--statement-done=no`"
        ),
        Obstacle::Kept => format!(
            "undo by hand what it left, then run {resume} with `--statement-done=no`; or finish it by hand, then run \
             `brant mark {} {}`",
            if half_done.direction == Direction::Up { "applied" } else { "pending" },
            half_done.migration.version
        ),
        Obstacle::Undone { .. } => format!(
            "if all of it was undone, by hand or by another tool, run `brant mark pending {}`, then {again}; or, if the \
             database is as it should be, run {resume} with `--accept-changes`",
            half_done.migration.version
        ),
        Obstacle::SessionLost { .. } => format!(
            "correct the statements that are not done so that they do without it, then run {resume} with \
             `--accept-changes`"
        ),
        // The file is another one than it was.
        _ => format!(
            "put back into the file what is done (statement{} {done}, outside of a transaction) and correct only what \
             comes after it, then run {again}",
            if half_done.done == 1 { "" } else { "s" }
        ),
    }
}

/// What to do where statements stay in the database.
fn half_way_advice(failure: &StatementFailure, done: usize, commands: &Commands) -> String {
    let Commands { again, resume, reverts_first, .. } = commands;
    let is_own_fault = failure.stopped.is_none() && failure.error.kind != ErrorKind::Closed;
    let next = done + 1;
    let onward = if *reverts_first && failure.direction == Direction::Up { resume } else { again };
    if failure.in_parts.is_some() {
        return format!(
            "look which part of statement {next} is done and undo it, correct the statement, then run {resume} with \
             `--statement-done=no`; or carry out the rest by hand, and run it with `--statement-done=yes`"
        );
    }
    if failure.kept.is_some() {
        return format!(
            "undo by hand what was changed there from statement {next} on, correct statement {}, then run {resume} with \
             `--statement-done=no`",
            failure.number
        );
    }
    let remedy = match remedy(&failure.error) {
        _ if !is_own_fault => String::new(),
        Some(remedy) => format!("{remedy}, then "),
        None if failure.statement.is_none() => "see to what the error names, then ".to_owned(),
        None => format!("correct statement {} (or the database), then ", failure.number),
    };
    match failure.state {
        DatabaseState::InDoubt { .. } if done >= failure.total => {
            format!("{remedy}run {onward}: it finds out how far this came, and goes on from there")
        }
        _ if done >= failure.total => format!("{remedy}run {onward}: only the record is missing"),
        DatabaseState::InDoubt { .. } => {
            format!(
                "{remedy}run {onward}: it finds out whether statement {next} was carried out, and goes on from there"
            )
        }
        _ => format!("{remedy}run {onward}: it goes on at statement {next}"),
    }
}

fn step_advice(failure: &StatementFailure, commands: &Commands) -> String {
    let Commands { again, status, .. } = commands;
    let own_fault = failure.stopped.is_none();
    let is_gone = failure.error.kind == ErrorKind::Closed;
    let is_vetoed = failure.stopped == Some(StopReason::Vetoed);
    let left_no_part = failure.in_parts.is_none() && failure.kept.is_none();
    match failure.state {
        DatabaseState::NotBegun | DatabaseState::RolledBack | DatabaseState::PartlyDone { done: 0 }
            if is_vetoed =>
        {
            format!("{OBEY}, then run {again}: it begins with this migration")
        }
        DatabaseState::NotBegun => format!("run {again}: it begins with this migration"),
        DatabaseState::Recorded => format!("run {again}: it goes on after this migration"),
        DatabaseState::CodeLeft => format!(
            "make sure that the code can run again after what it has done, correct what failed, then run {again}: it begins \
             with this migration"
        ),
        DatabaseState::CommitInDoubt => format!("run {status} to see which, then run {again}"),
        DatabaseState::RolledBack | DatabaseState::PartlyDone { done: 0 }
            if left_no_part && (!own_fault || is_gone) =>
        {
            format!("run {again}: it begins with this migration")
        }
        DatabaseState::RolledBack if failure.kept.is_some() => {
            let noted = format!("{} with `--statement-done=no`", commands.resume);
            // Of code the journal keeps no such note: it is called again.
            let is_noted = failure.followed && failure.migration.kind != MigrationKind::Code;
            let onward = if is_noted { &noted } else { again };
            format!(
                "undo by hand what was changed there, correct the file (or the database), then run {onward}"
            )
        }
        DatabaseState::RolledBack if needs_no_transaction(failure) => format!(
            "this statement cannot run inside a transaction: put `-- +goose NO TRANSACTION` at the top of the file, \
             then run {again}"
        ),
        DatabaseState::RolledBack | DatabaseState::PartlyDone { done: 0 } if left_no_part => {
            let remedy = remedy(&failure.error).unwrap_or("correct the file (or the database)");
            format!("{remedy}, then run {again}")
        }
        DatabaseState::RolledBack => format!("run {again}"),
        DatabaseState::PartlyDone { done } | DatabaseState::InDoubt { done } if failure.followed => {
            half_way_advice(failure, done, commands)
        }
        DatabaseState::PartlyDone { done } | DatabaseState::InDoubt { done } => {
            let remedy = remedy(&failure.error).filter(|_| own_fault).map(|text| format!("{text}; "));
            format!(
                "{}a second run would begin this migration at its first statement: undo by hand what {} changed, or \
                 make the file repeatable (`IF NOT EXISTS`), then run {again}",
                remedy.unwrap_or_default(),
                match (failure.state, done) {
                    (DatabaseState::InDoubt { .. }, 0) => "the statement in doubt".to_owned(),
                    (DatabaseState::InDoubt { .. }, _) => "these statements".to_owned(),
                    (_, 0) => "the commands before the error".to_owned(),
                    (_, 1) => "the 1 done statement".to_owned(),
                    _ => format!("the {done} done statements"),
                }
            )
        }
    }
}

fn needs_no_transaction(failure: &StatementFailure) -> bool {
    failure.statement.as_ref().is_some_and(|s| s.class.outside_transaction_only)
}
