//! What a run would do, found out without doing it: from the same functions that the run uses, by reading only.

mod script;

use std::collections::HashSet;
use std::ops::Range;

use brant_core::resume::Start;
use brant_core::{Limits, Migration, Observer, Plan, Statement, Target};
use brant_driver::Row;
use brant_sql::effects::{Effect, Effects, Subject, effects};
use brant_sql::{Dialect, TableName};

use crate::boundary::groups_of;
use crate::execute::records;
use crate::resume::Starts;
use crate::session::{READING, database, nothing_done, warn_of_others};
use crate::{Boundary, Options, RunError, RunErrorKind, Scripts, Session, Work, pooler};

/// What a run would do.
#[derive(Clone)]
pub struct Preview {
    /// The server's product and version.
    pub server: String,
    /// The steps.
    pub plan: Plan,
    /// What each step runs.
    pub works: Vec<Work>,
    /// The steps that share a transaction, in order: of most a step alone.
    pub groups: Vec<Range<usize>>,
    /// What the statements of each step do to others. What they do to tables that the run itself makes is left out: nobody
    /// uses those yet.
    pub effects: Vec<Vec<Effects>>,
    /// The tables that are touched and are there now, with their size as far as the server knows it.
    pub sizes: Vec<TableSize>,
    /// What makes the history table, where there is none.
    pub(crate) setup: Vec<String>,
    /// What records each step.
    pub(crate) records: Vec<Vec<String>>,
    /// Where the steps begin that an earlier run left half done.
    pub(crate) starts: Starts,
    /// What the run would be told of waiting.
    pub(crate) limits: Limits,
    pub(crate) dialect: &'static dyn Dialect,
}

/// A table that is there now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSize {
    /// The table (or the index whose table it is), as the statements name it.
    pub table: TableName,
    /// How many rows it has, as the server estimates.
    pub rows: Option<u64>,
    /// How many bytes it takes with its indexes; on SQLite, the whole file.
    pub bytes: Option<u64>,
}

impl Preview {
    /// How the work of a step is held together.
    #[must_use]
    pub fn boundary(&self, step: usize) -> Boundary {
        Boundary::of(&self.works[step])
    }

    /// How many statements of a step an earlier run has done: those after them are carried out.
    #[must_use]
    pub fn done_before(&self, step: usize) -> usize {
        self.starts.get(&step).map_or(0, |start| done(*start))
    }

    /// Whether the run has to find out first if the next statement of the step was carried out.
    #[must_use]
    pub fn is_in_doubt(&self, step: usize) -> bool {
        matches!(self.starts.get(&step), Some(Start::InDoubt { .. }))
    }

    /// The history table has to be made first.
    #[must_use]
    pub fn makes_history(&self) -> bool {
        !self.setup.is_empty()
    }
}

/// How many statements are done.
fn done(start: Start) -> usize {
    let (Start::At(at) | Start::InDoubt { at, .. }) = start;
    at
}

impl Session<'_> {
    /// Finds out what [`Session::migrate`] would do. Changes nothing, and takes no lock. The observer is told warnings.
    ///
    /// # Errors
    ///
    /// What would stop the run before it begins.
    pub async fn preview(
        &mut self,
        all: &[Migration],
        target: Target,
        scripts: &dyn Scripts,
        observer: &mut dyn Observer,
    ) -> Result<Preview, RunError> {
        self.look_ahead(all, target, scripts, observer).await.map_err(nothing_done)
    }

    async fn look_ahead(
        &mut self,
        all: &[Migration],
        target: Target,
        scripts: &dyn Scripts,
        observer: &mut dyn Observer,
    ) -> Result<Preview, RunErrorKind> {
        let history = self.history_from_outside(true).await?;
        let plan = self.plan_of(all, &history, target, scripts)?;
        warn_of_others(&plan, &history, observer);
        self.check_changes(all, &history, &plan, scripts, observer)?;
        let kept = self.kept_texts(&plan, &history, observer).await?;
        let works = self.load(&plan, scripts, &kept)?;
        pooler::check(self.connection(), &works).await?;
        let starts = self.starts_ahead(&plan, &works, history.unfinished(), observer).await?;
        self.warn_of_steps(&plan, &works, observer);
        let versioning = self.options.policy.versioning;
        let groups = self.groups(&plan, &works);
        let setup = if versioning && !plan.steps.is_empty() { self.setup().await? } else { Vec::new() };
        let record = |step| {
            if versioning { records(&self.history_sql, std::slice::from_ref(step)) } else { Vec::new() }
        };
        let records = plan.steps.iter().map(record).collect();
        let (server, dialect) = (self.server().to_owned(), self.dialect);
        let mut effects = effects_of(&works, dialect, &server);
        for (i, start) in &starts {
            effects[*i][..done(*start)].fill(Effects::default());
        }
        let mut sizes = self.sizes(&effects).await?;
        forget_new(&mut effects, &sizes);
        let left: HashSet<TableName> = touched(&effects, false).into_iter().collect();
        sizes.retain(|size| left.contains(&size.table));
        let limits = self.options.limits;
        Ok(Preview { server, plan, works, groups, effects, sizes, setup, records, starts, limits, dialect })
    }

    /// The steps that would share a transaction.
    pub(crate) fn groups(&self, plan: &Plan, works: &[Work]) -> Vec<Range<usize>> {
        let Options { policy, single_transaction, .. } = &self.options;
        groups_of(plan, works, self.dialect, policy.versioning, !self.hooks.is_empty(), *single_transaction)
    }

    /// What makes the history table, where there is none.
    async fn setup(&mut self) -> Result<Vec<String>, RunErrorKind> {
        if self.found.history {
            return Ok(Vec::new());
        }
        let schema = self.missing_schema().await.map_err(|error| database(READING, error))?;
        Ok(schema.into_iter().chain(self.history_sql.create.iter().cloned()).collect())
    }

    /// The sizes of the tables that are touched, or that the run makes unless they are there.
    async fn sizes(&mut self, effects: &[Vec<Effects>]) -> Result<Vec<TableSize>, RunErrorKind> {
        let tables = touched(effects, true);
        if tables.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.ask(&self.dialect.sizes(&tables)).await?;
        let size = |row: &Row| {
            let number = |i: usize| row.get(i)?.as_deref()?.parse::<u64>().ok();
            let table = tables.get(usize::try_from(number(0)?).ok()?)?.clone();
            Some(TableSize { table, rows: number(1), bytes: number(2) })
        };
        Ok(rows.iter().filter_map(size).collect())
    }
}

/// Each table that is named, once; with those that are made, if they are wanted.
fn touched(effects: &[Vec<Effects>], made: bool) -> Vec<TableName> {
    let (mut tables, mut seen) = (Vec::new(), HashSet::new());
    for effects in effects.iter().flatten() {
        let named = effects.on.iter().filter_map(|effect| match &effect.subject {
            Subject::Named(table) | Subject::TableOf(table) => Some(table),
            Subject::Described(_) => None,
        });
        for table in named.chain(effects.creates.iter().filter(|_| made)) {
            if seen.insert(table) {
                tables.push(table.clone());
            }
        }
    }
    tables
}

fn effects_of(works: &[Work], dialect: &dyn Dialect, server: &str) -> Vec<Vec<Effects>> {
    let of_statement = |statement: &Statement| effects(&statement.sql, dialect, Some(server));
    works.iter().map(|work| work.script.statements.iter().map(of_statement).collect()).collect()
}

/// Leaves out what is done to tables that the run itself makes. One that is there already is not made by it
/// (`IF NOT EXISTS`).
fn forget_new(effects: &mut [Vec<Effects>], sizes: &[TableSize]) {
    let there: HashSet<&TableName> = sizes.iter().map(|size| &size.table).collect();
    let mut made: HashSet<TableName> = HashSet::new();
    for found in effects.iter_mut().flatten() {
        made.extend(found.creates.iter().filter(|table| !there.contains(table)).cloned());
        let is_named = |effect: &&Effect| !matches!(effect.subject, Subject::Described(_));
        let is_new = |e: &Effect| matches!(&e.subject, Subject::Named(table) if made.contains(table));
        // What comes along with a table (its partitions, its parents) is as new as the table.
        let mut named = found.on.iter().filter(is_named).peekable();
        let all_new = named.peek().is_some() && named.all(is_new);
        found.on.retain(|effect| !all_new && !is_new(effect));
    }
}
