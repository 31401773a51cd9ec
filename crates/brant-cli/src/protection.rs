//! Protected environments: a person is asked before anything is reverted there.

use brant_core::{Direction, Migration, Plan, Step, Target};
use brant_driver::Access;
use brant_engine::Scripts;

use crate::commands::Context;
use crate::confirm::{Question, confirm};
use crate::database::Reachable;
use crate::failure::Failure;
use crate::output::Console;

/// What has to be typed where a database is protected without being an environment's.
const ANSWER: &str = "revert";

/// Asks, if the run reverts something in a protected environment, and returns the steps that it is held to.
///
/// # Errors
///
/// When the person does not agree, or there is nobody to ask.
pub(crate) async fn ask(
    cx: &Context,
    console: &mut Console,
    reachable: &Reachable,
    migrations: &[Migration],
    target: Target,
    scripts: &dyn Scripts,
) -> Result<Option<Vec<Step>>, Failure> {
    if !cx.config.protected || !target.may_revert() {
        return Ok(None);
    }
    let mut session = reachable.open(Access::Read).await?;
    let plan = session.plan(migrations, target, scripts).await;
    session.close().await;
    let plan = plan?;
    if !plan.steps.iter().any(|step| step.direction == Direction::Down) {
        // Nor may anything be reverted that came to be meanwhile.
        return Ok(Some(plan.steps));
    }
    let environment = cx.config.settings.environment.as_deref();
    let about = about(environment, &reachable.endpoint.redacted(), &plan);
    let question = Question { about: &about, answer: environment.unwrap_or(ANSWER) };
    confirm(&cx.config, console, &reachable.options.stop, &question).await?;
    Ok(Some(plan.steps))
}

/// `brant: production is protected. On … this will …`, with a line for each step.
fn about(environment: Option<&str>, database: &str, plan: &Plan) -> String {
    let what = match environment {
        Some(name) => format!("the environment `{name}` is protected"),
        None => "this database is protected".to_owned(),
    };
    let verb = |step: &Step| match step.direction {
        Direction::Down => "revert",
        Direction::Up => "apply ",
    };
    let steps: String = plan
        .steps
        .iter()
        .map(|step| format!("\n    {} {}", verb(step), step.migration.file_name()))
        .collect();
    format!("{what}. On {database} this would{steps}")
}
