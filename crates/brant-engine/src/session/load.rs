//! What is made ready before anything is changed: the scripts of all steps, and where the half-done ones begin.

use std::collections::HashMap;

use brant_core::resume::Start;
use brant_core::{Direction, Observer, Plan, Unfinished, Version};

use super::Session;
use crate::boundary::check_outside;
use crate::contents::load_kept;
use crate::resume::{self, Settling, Starts};
use crate::{RunErrorKind, Scripts, Work, single};

impl Session<'_> {
    /// Reads and parses everything that the plan runs, before anything of it does.
    pub(crate) fn load(
        &self,
        plan: &Plan,
        scripts: &dyn Scripts,
        kept: &HashMap<Version, String>,
    ) -> Result<Vec<Work>, RunErrorKind> {
        let mut loaded = Vec::with_capacity(plan.steps.len());
        for step in &plan.steps {
            let work = match kept.get(&step.migration.version) {
                Some(text) => load_kept(step, text, scripts)?,
                None => scripts.load(&step.migration, step.direction).map_err(RunErrorKind::Script)?,
            };
            if step.direction == Direction::Down
                && !work.script.section_present
                && !self.options.policy.allow_irreversible
            {
                return Err(RunErrorKind::Irreversible(Box::new(step.migration.clone())));
            }
            check_outside(&work)?;
            loaded.push(work);
        }
        if self.options.single_transaction {
            single::check(&loaded, !self.hooks.is_empty())?;
        }
        Ok(loaded)
    }

    /// Where the half-done steps begin, as far as that is known without a change; refused is what a run refuses.
    pub(crate) async fn starts_ahead(
        &mut self,
        plan: &Plan,
        works: &[Work],
        unfinished: &[Unfinished],
        observer: &mut dyn Observer,
    ) -> Result<Starts, RunErrorKind> {
        let starts = resume::starts(plan, works, unfinished, self.dialect, self.options.answers)?;
        if let Some(start) = starts.get(&0) {
            let mut settling = self.settling(works, observer);
            settling.check(&plan.steps[0], &works[0].script, *start).await?;
        }
        Ok(starts)
    }

    fn settling<'a>(&'a mut self, works: &'a [Work], observer: &'a mut dyn Observer) -> Settling<'a> {
        Settling {
            connection: &mut *self.connection,
            dialect: self.dialect,
            observer,
            stop: &self.options.stop,
            works,
            answers: self.options.answers,
        }
    }

    /// Where the half-done steps begin. Of the first step all that can be asked is asked, before anything is changed.
    pub(super) async fn starts(
        &mut self,
        plan: &Plan,
        works: &[Work],
        unfinished: &[Unfinished],
        observer: &mut dyn Observer,
    ) -> Result<Starts, RunErrorKind> {
        let mut starts = resume::starts(plan, works, unfinished, self.dialect, self.options.answers)?;
        if let Some(start) = starts.get_mut(&0) {
            let mut settling = self.settling(works, observer);
            *start = Start::At(settling.settle(&plan.steps[0], &works[0].script, *start).await?);
        }
        Ok(starts)
    }
}
