//! Hooks that are plain SQL.

use std::fmt;
use std::path::PathBuf;

use async_trait::async_trait;
use brant_core::{HookPoint, HookText, Plan, Position, Statement};
use brant_sql::{Dialect, split};

use crate::hooks::{Hooks, RunOutcome, StepInfo, StepOutcome};
use crate::{BoxError, Context, StatementError};

/// Plain SQL around a run and around each of its migrations. What runs after something does so after a failure too.
#[derive(Clone, Debug, Default)]
pub struct SqlHooks(Vec<HookText>);

impl SqlHooks {
    /// Hooks of these texts.
    #[must_use]
    pub fn new(texts: Vec<HookText>) -> Self {
        Self(texts)
    }

    /// Adds a text.
    pub fn push(&mut self, text: HookText) {
        self.0.push(text);
    }

    async fn run(&self, point: HookPoint, context: &mut Context<'_>) -> Result<(), BoxError> {
        for hook in self.0.iter().filter(|hook| hook.point == point) {
            let statements = statements(hook, context.sql_dialect())?;
            for (k, statement) in statements.iter().enumerate() {
                context.run(statement).await.map_err(|(position, error)| SqlHookError {
                    path: hook.path.clone(),
                    position,
                    trouble: Trouble::Statement { number: k + 1, total: statements.len(), error },
                })?;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Hooks for SqlHooks {
    /// Reads every text before anything runs.
    async fn before_run(&self, _: &Plan, context: &mut Context<'_>) -> Result<(), BoxError> {
        for hook in &self.0 {
            statements(hook, context.sql_dialect())?;
        }
        self.run(HookPoint::BeforeAll, context).await
    }

    async fn after_run(&self, _: &RunOutcome<'_>, context: &mut Context<'_>) -> Result<(), BoxError> {
        self.run(HookPoint::AfterAll, context).await
    }

    async fn before_migration(&self, _: &StepInfo<'_>, context: &mut Context<'_>) -> Result<(), BoxError> {
        self.run(HookPoint::BeforeEach, context).await
    }

    async fn after_migration(
        &self,
        _: &StepInfo<'_>,
        _: &StepOutcome<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), BoxError> {
        self.run(HookPoint::AfterEach, context).await
    }
}

/// Cuts a text. Its last statement needs no semicolon.
fn statements(hook: &HookText, dialect: &dyn Dialect) -> Result<Vec<Statement>, SqlHookError> {
    let HookText { path, text, .. } = hook;
    let pieces = split(text, dialect).map_err(|error| SqlHookError {
        path: path.clone(),
        position: Position::behind(&text[..error.offset]),
        trouble: Trouble::Text(error.message),
    })?;
    let statement = |piece: brant_sql::Piece| Statement {
        sql: text[piece.range.clone()].to_owned(),
        source: text[piece.range.clone()].to_owned(),
        position: Position::behind(&text[..piece.range.start]),
        bytes: piece.range,
        class: piece.class,
        block: false,
    };
    Ok(pieces.into_iter().map(statement).collect())
}

/// SQL of a hook that can't be read, or that failed.
#[derive(Clone, Debug)]
pub struct SqlHookError {
    path: PathBuf,
    position: Position,
    trouble: Trouble,
}

#[derive(Clone, Debug)]
enum Trouble {
    Text(String),
    Statement { number: usize, total: usize, error: StatementError },
}

impl fmt::Display for SqlHookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position;
        write!(f, "{}:{line}:{column}: ", self.path.display())?;
        match &self.trouble {
            Trouble::Text(message) => f.write_str(message),
            Trouble::Statement { number, total, error } => {
                let statement = error.statement().unwrap_or_default();
                write!(f, "statement {number} of {total} (`{statement}`) failed: {error}")
            }
        }
    }
}

impl std::error::Error for SqlHookError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.trouble {
            Trouble::Text(_) => None,
            Trouble::Statement { error, .. } => Some(error),
        }
    }
}
