//! Going on with a step that an earlier run left half done: what is not known of it is asked of the catalog, and what its
//! session had set is set again.

use std::collections::BTreeMap;
use std::time::Duration;

use brant_core::resume::{self, Answers, HalfDone, Obstacle, Start};
use brant_core::{
    Event, Observer, Plan, Script, Statement, StatementKind, Step, TransactionMode, Unfinished,
};
use brant_driver::{Cause, Connection, DriverError, Row};
use brant_sql::{AfterSession, Dialect, Evidence, Finding, Question, Repair, mask_values};

use crate::boundary::is_stepwise;
use crate::error::RunErrorKind;
use crate::execute::Execution;
use crate::failure::secrets;
use crate::notes::hashes;
use crate::session::is_true;
use crate::{Stop, Work};

const PAUSE: Duration = Duration::from_millis(100);

/// Where the half-done steps of a plan begin, by their index.
pub(crate) type Starts = BTreeMap<usize, Start>;

/// Finds out where the half-done steps of a plan begin, as far as that can be told without asking.
///
/// # Errors
///
/// What needs a person.
pub(crate) fn starts(
    plan: &Plan,
    works: &[Work],
    unfinished: &[Unfinished],
    dialect: &dyn Dialect,
    answers: Answers,
) -> Result<Starts, RunErrorKind> {
    let mut starts = Starts::new();
    for left in unfinished {
        let Some(i) = place(plan, left).filter(|i| works[*i].code.is_none()) else { continue };
        let (step, script) = (&plan.steps[i], &works[i].script);
        let refused = |obstacle| half_done(step, left.statements_done, obstacle);
        let in_steps = is_stepwise(script);
        let start = resume::start(left, script, &hashes(script, dialect), in_steps, answers);
        let start = start.map_err(refused)?;
        let (Start::At(at) | Start::InDoubt { at, .. }) = start;
        if let Some(lost) = lost_session(script, at, dialect).filter(|_| !answers.accept_changes) {
            return Err(refused(lost));
        }
        starts.insert(i, start);
    }
    Ok(starts)
}

/// The step of a plan that goes on with this.
pub(crate) fn place(plan: &Plan, left: &Unfinished) -> Option<usize> {
    let goes_on =
        |step: &Step| step.migration.version == left.version && step.direction.to_string() == left.direction;
    plan.steps.iter().position(goes_on)
}

fn half_done(step: &Step, done: usize, obstacle: Obstacle) -> RunErrorKind {
    let (migration, direction) = (step.migration.clone(), step.direction);
    RunErrorKind::HalfDone(Box::new(HalfDone { migration, direction, done, obstacle }))
}

fn in_doubt(step: &Step, script: &Script, at: usize, why: String) -> RunErrorKind {
    let position = script.statements.get(at).map(|statement| statement.position);
    half_done(step, at, Obstacle::InDoubt { number: at + 1, position, why })
}

/// The first of the done statements whose effect ended with its session.
fn lost_session(script: &Script, done: usize, dialect: &dyn Dialect) -> Option<Obstacle> {
    // Where nothing is left to do, nothing is missed.
    let done = if done < script.statements.len() { done } else { 0 };
    script.statements[..done].iter().enumerate().find_map(|(k, statement)| {
        match dialect.after_session(&statement.sql, statement.class) {
            AfterSession::Lost(why) => {
                Some(Obstacle::SessionLost { number: k + 1, position: statement.position, why })
            }
            _ => None,
        }
    })
}

/// Finds out what is not known of a step.
pub(crate) struct Settling<'a> {
    pub(crate) connection: &'a mut dyn Connection,
    pub(crate) dialect: &'static dyn Dialect,
    pub(crate) observer: &'a mut dyn Observer,
    pub(crate) stop: &'a Stop,
    pub(crate) works: &'a [Work],
    pub(crate) answers: Answers,
}

impl Settling<'_> {
    /// The first statement of a step that is not done.
    pub(crate) async fn settle(
        &mut self,
        step: &Step,
        script: &Script,
        start: Start,
    ) -> Result<usize, RunErrorKind> {
        self.check(step, script, start).await?;
        let at = match start {
            Start::At(at) => return Ok(at),
            Start::InDoubt { at, .. } => at,
        };
        self.wait_for(step, script, at).await?;
        set_again(self.connection, self.dialect, script, at, None).await?;
        let Evidence::Ask(question) = self.dialect.evidence(&script.statements[at].sql) else {
            self.tell(step, &format!("statement {} may have been carried out, and can run again", at + 1));
            return Ok(at);
        };
        let found = self.ask(step, at, &question).await?;
        found.ok_or_else(|| in_doubt(step, script, at, self.masked(&unclear(&question))))
    }

    /// Refuses to go on where only a person can tell what is so. Changes nothing but settings of the session.
    pub(crate) async fn check(
        &mut self,
        step: &Step,
        script: &Script,
        start: Start,
    ) -> Result<(), RunErrorKind> {
        let (Start::At(at) | Start::InDoubt { at, .. }) = start;
        let why = match start {
            Start::At(_) => {
                if let Some(obstacle) = self.check_still_there(script, at).await? {
                    return Err(half_done(step, at, obstacle));
                }
                self.check_rolled_back(script, at).await?
            }
            Start::InDoubt { hopeless: Some(why), .. } => Some(why.to_owned()),
            Start::InDoubt { .. } => match self.dialect.evidence(&script.statements[at].sql) {
                Evidence::Unknowable(why) => Some(why.to_owned()),
                Evidence::Repeatable | Evidence::Ask(_) => None,
            },
        };
        why.map_or(Ok(()), |why| Err(in_doubt(step, script, at, why)))
    }

    /// Asks, and repairs what can't be used. `None` where the answer fits nothing.
    async fn ask(
        &mut self,
        step: &Step,
        at: usize,
        question: &Question,
    ) -> Result<Option<usize>, RunErrorKind> {
        let Question { subject, if_done, if_not_done, .. } = question;
        let number = at + 1;
        Ok(match (found(self.connection, question).await?, &question.repair) {
            (Finding::Done, _) => {
                self.tell(step, &format!("{subject} {if_done}: statement {number} was carried out"));
                Some(at + 1)
            }
            (Finding::NotDone, _) => {
                self.tell(step, &format!("{subject} {if_not_done}: statement {number} was not carried out"));
                Some(at)
            }
            // It is taken away when the statement runs.
            (Finding::Unusable, Some(Repair::Remove(_))) => Some(at),
            (Finding::Unusable, Some(Repair::Complete(sql))) => {
                self.connection.execute(sql).await.map_err(asking)?;
                self.tell(step, &format!("{subject} was left in between: completed statement {number}"));
                Some(at + 1)
            }
            _ => None,
        })
    }

    /// Looks whether the last change of the schema is there that earlier runs did: another tool may have finished the
    /// migration meanwhile and taken it back, which no history tells.
    async fn check_still_there(
        &mut self,
        script: &Script,
        at: usize,
    ) -> Result<Option<Obstacle>, RunErrorKind> {
        if self.answers.accept_changes {
            return Ok(None);
        }
        let is_passed_over = |statement: &&Statement| {
            matches!(
                statement.class.kind,
                StatementKind::Dml | StatementKind::Setting | StatementKind::TransactionControl
            )
        };
        let done = &script.statements[..at];
        let n_after = done.iter().rev().take_while(is_passed_over).count();
        let Some((last, _)) = done[..at - n_after].split_last() else { return Ok(None) };
        let evidence = self.dialect.evidence(&last.sql);
        let (StatementKind::Ddl, Evidence::Ask(question)) = (last.class.kind, evidence) else {
            return Ok(None);
        };
        set_again(self.connection, self.dialect, script, at, None).await?;
        if found(self.connection, &question).await? != Finding::NotDone {
            return Ok(None);
        }
        let found = self.masked(&format!("{} {}", question.subject, question.if_not_done));
        Ok(Some(Obstacle::Undone { number: at - n_after, position: last.position, found }))
    }

    /// Where rows were changed in tables that can't be rolled back, what the journal says of transactions does not hold.
    async fn check_rolled_back(
        &mut self,
        script: &Script,
        at: usize,
    ) -> Result<Option<String>, RunErrorKind> {
        if self.answers.statement_done.is_some() {
            return Ok(None);
        }
        let changes_rows = |k: &usize| script.statements[*k].class.kind == StatementKind::Dml;
        let end = if script.transaction == TransactionMode::None { at + 1 } else { script.statements.len() };
        let rolled_back = (at..end.min(script.statements.len())).take_while(changes_rows);
        let text: String = rolled_back.map(|k| format!("{}\n", script.statements[k].sql)).collect();
        let Some(question) = self.dialect.beyond_rollback(&text) else { return Ok(None) };
        let rows = self.connection.query(&question).await.map_err(asking)?;
        let table = rows.first().and_then(|row| row.first()).and_then(Option::as_deref);
        Ok(table.map(|table| {
            format!("its table `{}` is of a kind that cannot be rolled back", self.masked(table))
        }))
    }

    /// The server may still carry out what the earlier run sent last.
    async fn wait_for(&mut self, step: &Step, script: &Script, at: usize) -> Result<(), RunErrorKind> {
        let Some(question) = self.dialect.is_running(&script.statements[at].sql) else { return Ok(()) };
        let mut told = false;
        while says_yes(&self.connection.query(&question).await.map_err(asking)?) {
            if !told {
                self.tell(step, &format!("the server still works on statement {}: waiting for it", at + 1));
                told = true;
            }
            tokio::select! {
                reason = self.stop.requested() => return Err(RunErrorKind::Stopped(reason)),
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
        Ok(())
    }

    fn tell(&mut self, step: &Step, text: &str) {
        let text = format!("{}: {}", step.migration.file_name(), self.masked(text));
        self.observer.event(&Event::Notice(&text));
    }

    fn masked(&self, text: &str) -> String {
        mask_values(text, &secrets(self.works))
    }
}

impl Execution<'_> {
    /// How many statements of a step earlier runs did.
    pub(crate) fn done_before(&self, i: usize) -> usize {
        match self.starts.get(&i) {
            Some(Start::At(done)) => *done,
            _ => 0,
        }
    }

    /// Finds out what is not known of a step, if that was not done before the run.
    pub(crate) async fn settle(&mut self, i: usize) -> Result<(), RunErrorKind> {
        let Some(start) = self.starts.get(&i).copied() else { return Ok(()) };
        let (step, script) = (&self.plan.steps[i], self.script(i));
        let at = match start {
            // Of the first step it was asked before the run.
            Start::At(at) if i == 0 => at,
            _ => self.settling().settle(step, script, start).await?,
        };
        self.starts.insert(i, Start::At(at));
        let own: Vec<String> = self.own_tables().into_iter().map(str::to_owned).collect();
        set_again(self.connection, self.dialect, script, at, Some(&own)).await?;
        if at > 0 {
            self.settling().tell(step, &going_on(at, script.statements.len()));
        }
        Ok(())
    }

    fn settling(&mut self) -> Settling<'_> {
        Settling {
            connection: &mut *self.connection,
            dialect: self.dialect,
            observer: &mut *self.observer,
            stop: self.stop,
            works: self.works,
            answers: Answers::default(),
        }
    }

    /// Takes away what an earlier run left in the way of a statement.
    pub(crate) async fn clear_remains(&mut self, i: usize, k: usize) -> Result<(), DriverError> {
        if self.starts.contains_key(&i) {
            self.remove_unusable(i, k, "an earlier run left").await?;
        }
        Ok(())
    }

    /// Looks after a success whether the statement has passed over something that can't be used.
    pub(crate) async fn is_passed_over(&mut self, i: usize, k: usize) -> Result<bool, DriverError> {
        let question = self.remains(&self.script(i).statements[k]);
        let is_suspect = question.is_some_and(|question| question.passes_over);
        Ok(is_suspect && self.remove_unusable(i, k, "there was").await?)
    }

    async fn remove_unusable(&mut self, i: usize, k: usize, origin: &str) -> Result<bool, DriverError> {
        let Some(question) = self.remains(&self.script(i).statements[k]) else { return Ok(false) };
        let Some(Repair::Remove(sql)) = &question.repair else { return Ok(false) };
        if read(&self.connection.query(&question.sql).await?) != Finding::Unusable {
            return Ok(false);
        }
        self.connection.execute(sql).await?;
        let subject = &question.subject;
        let told = format!("{origin} an invalid {subject}: dropped it, statement {} makes it anew", k + 1);
        let step = &self.plan.steps[i];
        self.settling().tell(step, &told);
        Ok(true)
    }

    /// What a failed statement has left that can't be used.
    pub(crate) async fn left_unusable(&mut self, i: usize, k: usize) -> Vec<String> {
        let statement = &self.script(i).statements[k];
        if let Some(question) = self.remains(statement) {
            let is_there = found(self.connection, &question).await.is_ok_and(|f| f == Finding::Unusable);
            let told = format!("{}, which the next run drops", question.subject);
            return if is_there { vec![told] } else { Vec::new() };
        }
        let Some(question) = self.dialect.leftovers(&statement.sql) else { return Vec::new() };
        let rows = self.connection.query(&question).await.unwrap_or_default();
        rows.into_iter()
            .filter_map(|row| row.into_iter().next()?)
            .map(|name| format!("index `{name}`"))
            .collect()
    }

    /// The question whether a statement has left something unusable; only what runs outside of transactions does.
    pub(crate) fn remains(&self, statement: &Statement) -> Option<Question> {
        if !statement.class.outside_transaction_only {
            return None;
        }
        match self.dialect.evidence(&statement.sql) {
            Evidence::Ask(question) => Some(question).filter(|q| matches!(q.repair, Some(Repair::Remove(_)))),
            _ => None,
        }
    }
}

/// Repeats what the first statements did to their session alone. Tables are only locked by a run, which then shares them
/// with its `own`; whoever looks (`None`) keeps nobody waiting, and passes over settings that write (`PRAGMA
/// user_version`), where it may not.
async fn set_again(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    script: &Script,
    done: usize,
    own: Option<&[String]>,
) -> Result<(), RunErrorKind> {
    let tables: Vec<&str> = own.unwrap_or_default().iter().map(String::as_str).collect();
    for Statement { sql, class, .. } in &script.statements[..done] {
        if own.is_none() && class.kind == StatementKind::Other {
            continue;
        }
        if dialect.after_session(sql, *class) == AfterSession::Again {
            let shared = dialect.sharing(sql, &tables);
            let set = connection.execute(shared.as_deref().unwrap_or(sql)).await;
            let may_not_write = |error: &DriverError| error.cause() == Some(Cause::ReadOnly);
            if let Err(error) = set
                && !(own.is_none() && may_not_write(&error))
            {
                let doing = "set again what statements of an earlier run had set";
                return Err(RunErrorKind::Database { doing, error });
            }
        }
    }
    Ok(())
}

fn going_on(done: usize, total: usize) -> String {
    let numbers = resume::numbers(done);
    let were = if done == 1 { "was" } else { "were" };
    if done == total {
        return format!("{numbers} of {total} {were} done by an earlier run: only the record is missing");
    }
    format!("going on at statement {} of {total}: {numbers} {were} done by an earlier run", done + 1)
}

fn unclear(question: &Question) -> String {
    format!("the catalog tells of {} neither that it was done nor that it was not", question.subject)
}

async fn found(connection: &mut dyn Connection, question: &Question) -> Result<Finding, RunErrorKind> {
    Ok(read(&connection.query(&question.sql).await.map_err(asking)?))
}

fn read(rows: &[Row]) -> Finding {
    Finding::read(rows.first().and_then(|row| row.first()).and_then(Option::as_deref).unwrap_or_default())
}

fn says_yes(rows: &[Row]) -> bool {
    rows.first().and_then(|row| row.first()).is_some_and(|value| is_true(value.as_deref()))
}

fn asking(error: DriverError) -> RunErrorKind {
    RunErrorKind::Database { doing: "find out what an earlier run did", error }
}
