//! What a run will do, for every target and every shape of history: no database needed.

use brant_core::group::{GROUP_STEPS_MAX, groups};
use brant_core::{
    AppliedContent, Content, Direction, Ending, History, Migration, MigrationKind, OutOfOrder, PlanError,
    Policy, Position, Record, Script, Statement, StatementClass, StatementKind, Target, TransactionMode,
    Unfinished, Version, plan,
};
use proptest::prelude::*;

fn file(version: i64) -> Migration {
    Migration {
        version: Version(version),
        name: format!("m{version}"),
        path: format!("{version:05}_m{version}.sql").into(),
        kind: MigrationKind::Sql,
    }
}

fn files(versions: &[i64]) -> Vec<Migration> {
    versions.iter().map(|v| file(*v)).collect()
}

/// Rows oldest first; a negative number is a row that says reverted. The row of version 0 stands first.
fn history(rows: &[i64]) -> History {
    let row = |v: &i64| Record { version: Version(v.abs()), applied: *v >= 0, at: None };
    History::from_records(std::iter::once(&0).chain(rows).map(row).collect())
}

/// `+1 +2 -2`: up 1, up 2, down 2.
fn planned(all: &[i64], history: &History, target: Target, policy: &Policy) -> Result<String, PlanError> {
    let plan = plan(&files(all), history, target, policy)?;
    let signs = plan.steps.iter().map(|s| match s.direction {
        Direction::Up => format!("+{}", s.migration.version),
        Direction::Down => format!("-{}", s.migration.version),
    });
    Ok(signs.collect::<Vec<_>>().join(" "))
}

/// 2 and 3 are applied and have no file; of 3 no text was kept.
#[test]
fn kept_texts_stand_in_for_files_on_the_way_back_alone() {
    let kept = |version: i64, has_text| AppliedContent {
        version: Version(version),
        name: format!("{version:05}_old.sql"),
        checksum: String::new(),
        token_hash: None,
        has_text,
    };
    let history = |rows: &[i64]| history(rows).with_contents(vec![kept(2, true), kept(3, false)]);
    let policy = Policy::default();
    for (rows, target, wanted) in [
        (&[1, 2][..], Target::Down, "-2"),
        (&[1, 2], Target::Redo, "-2 +2"),
        (&[1, 2], Target::DownTo(Version(0)), "-2 -1"),
        (&[1, 2], Target::DownSteps(2), "-2 -1"),
        (&[1, 2], Target::GoTo(Version(1)), "-2"),
        (&[1, 2], Target::Revert(Version(2)), "-2"),
        (&[1, 2, 3], Target::Reset, "-2 -1"),
        (&[1, 2], Target::Latest, "+4"),
    ] {
        assert_eq!(planned(&[1, 4], &history(rows), target, &policy).as_deref(), Ok(wanted), "{target:?}");
    }
    let plan = plan(&files(&[1]), &history(&[1, 2]), Target::Down, &policy).unwrap();
    let Migration { name, path, kind, .. } = &plan.steps[0].migration;
    assert_eq!((name.as_str(), path.to_str(), kind), ("old", Some("00002_old.sql"), &MigrationKind::Kept));
    let gone = planned(&[1], &history(&[1, 2, 3]), Target::Down, &policy).unwrap_err();
    assert_eq!(gone, PlanError::MissingFile { version: Version(3) });
}

#[test]
fn every_target_on_histories_in_order_and_out_of_order() {
    use Target::{Down, DownSteps, DownTo, Latest, Redo, Reset, UpByOne, UpSteps, UpTo};
    let v = Version;
    let cases: &[(&[i64], &[i64], Target, &str)] = &[
        (&[1, 2, 3], &[], Latest, "+1 +2 +3"),
        (&[3, 1, 2], &[], Latest, "+1 +2 +3"),
        (&[1, 2, 3], &[1, 2, 3], Latest, ""),
        (&[1, 2, 3], &[1], UpTo(v(2)), "+2"),
        (&[1, 2, 3], &[1, 2, 3], UpTo(v(2)), ""),
        (&[1, 2, 3], &[1], UpByOne, "+2"),
        (&[1, 2, 3], &[1, 2, 3], UpByOne, ""),
        (&[10, 20, 30], &[10], UpSteps(2), "+20 +30"),
        (&[1, 2, 3], &[1, 2, 3], Down, "-3"),
        (&[1, 3, 5], &[1, 5, 3], Down, "-3"),
        (&[1, 3, 5], &[1, 5, 3], Redo, "-3 +3"),
        (&[1, 2, 3], &[1, 2, 3], DownTo(v(1)), "-3 -2"),
        (&[1, 2, 3], &[1, 2, 3], DownTo(v(0)), "-3 -2 -1"),
        (&[1, 2, 3], &[], DownTo(v(0)), ""),
        // goose stops at the first version, going back in time, that is not above the target.
        (&[1, 3, 5], &[1, 5, 3], DownTo(v(3)), ""),
        (&[10, 20, 30], &[10, 20, 30], DownSteps(2), "-30 -20"),
        (&[1, 3, 5], &[1, 5, 3], Reset, "-3 -5 -1"),
        (&[1, 3], &[1, 2, 3], Reset, "-3 -1"),
        (&[1, 2, 3], &[], Reset, ""),
        // A version whose newest row says reverted is pending again.
        (&[1, 2, 3], &[1, 2, -2, 3, -3], Latest, "+2 +3"),
        (&[1, 2], &[1, 2, -2, 2], Latest, ""),
    ];
    for (all, rows, target, wanted) in cases {
        let got = planned(all, &history(rows), *target, &Policy::default());
        assert_eq!(got.as_deref(), Ok(*wanted), "{all:?} {rows:?} {target:?}");
    }
}

#[test]
fn out_of_order_is_refused_unless_allowed_and_then_comes_first() {
    let history = history(&[1, 5]);
    let refused = planned(&[1, 3, 5, 6], &history, Target::Latest, &Policy::default()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "found 1 out-of-order migration below the highest applied version 5:\n\tversion 3: 00003_m3.sql"
    );
    let allow = Policy { out_of_order: OutOfOrder::Apply, ..Policy::default() };
    for (target, wanted) in [
        (Target::Latest, "+3 +6"),
        (Target::UpByOne, "+3"),
        (Target::UpTo(Version(3)), "+3"),
        // Only files up to the target are looked at.
        (Target::UpTo(Version(2)), ""),
    ] {
        assert_eq!(planned(&[1, 3, 5, 6], &history, target, &allow).as_deref(), Ok(wanted));
    }
    assert_eq!(
        planned(&[1, 3, 5, 6], &history, Target::UpTo(Version(2)), &Policy::default()).as_deref(),
        Ok("")
    );
}

#[test]
fn what_cannot_be_planned_is_said() {
    let default = Policy::default();
    let absent = History::absent();
    let emptied = History::from_records(vec![]);
    let cases: &[(&[i64], &History, Target, &str)] = &[
        (&[], &absent, Target::Latest, "no migration files found"),
        (&[1], &absent, Target::UpTo(Version(0)), "no migration files found"),
        (&[1, 1], &absent, Target::Latest, "duplicate version 1: `00001_m1.sql` and `00001_m1.sql`"),
        (&[1], &absent, Target::Down, "migration 0: no current version found"),
        (
            &[1],
            &absent,
            Target::Reset,
            "the history table does not exist: nothing was ever applied to this database",
        ),
        (
            &[1],
            &emptied,
            Target::Latest,
            "the history table holds no applied version, not even 0: no next version found",
        ),
        (&[1, 2, 3], &absent, Target::UpSteps(9), "up 9: only 3 migrations can go up"),
        (
            &[1, 2, 3],
            &absent,
            Target::UpSteps(2),
            "up 2: 2 is a number of steps here, and also the version of a migration",
        ),
    ];
    for (all, history, target, message) in cases {
        assert_eq!(planned(all, history, *target, &default).unwrap_err().to_string(), *message);
    }
    let gone = planned(&[1], &history(&[1, 2]), Target::Down, &default).unwrap_err();
    assert_eq!(gone, PlanError::MissingFile { version: Version(2) });
}

#[test]
fn a_plan_that_needs_foreign_code_is_refused_and_names_it() {
    let mut all = files(&[1, 2]);
    all[1].kind = MigrationKind::ForeignCode("Go");
    all[1].path = "00002_seed.go".into();
    let error = plan(&all, &History::absent(), Target::Latest, &Policy::default()).unwrap_err();
    assert_eq!(error.to_string(), "`00002_seed.go` is a Go migration: this binary cannot run Go code");
    // Applied already, it is in nobody's way.
    assert!(plan(&all, &history(&[1, 2]), Target::Latest, &Policy::default()).is_ok());
}

#[test]
fn without_versioning_the_files_alone_decide() {
    let policy = Policy { versioning: false, ..Policy::default() };
    for (target, wanted) in [
        (Target::Latest, "+1 +2 +3"),
        (Target::UpTo(Version(2)), "+1 +2"),
        (Target::UpByOne, "+1"),
        (Target::Down, "-3"),
        (Target::DownTo(Version(1)), "-3 -2"),
        (Target::Reset, "-3 -2 -1"),
        (Target::Redo, "-3 +3"),
    ] {
        assert_eq!(planned(&[1, 2, 3], &History::absent(), target, &policy).as_deref(), Ok(wanted));
    }
    let all = files(&[1, 2, 3]);
    let without = plan(&all, &History::absent(), Target::Latest, &policy).unwrap();
    assert_eq!((without.current, without.version_after(2)), (None, None));
    let error = planned(&[1, 2], &History::absent(), Target::GoTo(Version(1)), &policy).unwrap_err();
    assert_eq!(error, PlanError::DirectionUnknown { version: Version(1) });
}

#[test]
fn goto_ends_at_exactly_the_version_it_names() {
    let cases: &[(&[i64], &[i64], i64, &str)] = &[
        (&[1, 2, 3], &[], 2, "+1 +2"),
        (&[1, 2, 3], &[1], 3, "+2 +3"),
        (&[1, 2, 3], &[1, 2], 2, ""),
        (&[1, 2, 3], &[1, 2, 3], 1, "-3 -2"),
        (&[1, 2, 3], &[1, 2, 3], 0, "-3 -2 -1"),
        (&[1, 2, 3], &[], 0, ""),
        // `down-to 3` would stop at 3, which was applied after 5.
        (&[1, 3, 5], &[1, 5, 3], 3, "-5"),
        (&[1, 3, 5], &[1, 5, 3], 1, "-3 -5"),
        // A version whose file is missing can be the end of a way down, not a step of it.
        (&[1, 3], &[1, 2, 3], 2, "-3"),
    ];
    for (all, rows, target, wanted) in cases {
        let got = planned(all, &history(rows), Target::GoTo(Version(*target)), &Policy::default());
        assert_eq!(got.as_deref(), Ok(*wanted), "{all:?} {rows:?} {target:?}");
    }
}

#[test]
fn goto_refuses_what_up_to_and_down_to_refuse() {
    let goto = |v| Target::GoTo(Version(v));
    let default = Policy::default();
    let allow = Policy { out_of_order: OutOfOrder::Apply, ..default };
    for (all, rows, target) in [(&[1, 2][..], &[1][..], 7), (&[1, 2], &[1, 2], -1), (&[1, 2], &[1, 3, -3], 3)]
    {
        let error = planned(all, &history(rows), goto(target), &default).unwrap_err();
        assert_eq!(error, PlanError::UnknownVersion { version: Version(target) });
    }
    // 3 and 4 are pending below 5: on the way up, on the way down, and where they are the target.
    for target in [3, 4, 5, 6] {
        let error = planned(&[1, 3, 4, 5, 6], &history(&[1, 5]), goto(target), &default).unwrap_err();
        assert!(matches!(error, PlanError::OutOfOrder { .. }), "{target}: {error}");
    }
    for (target, wanted) in [(1, "-5"), (3, "-5 +3"), (5, "+3 +4"), (6, "+3 +4 +6")] {
        let got = planned(&[1, 3, 4, 5, 6], &history(&[1, 5]), goto(target), &allow);
        assert_eq!(got.as_deref(), Ok(wanted), "{target}");
    }
    let error = planned(&[1, 2], &history(&[1, 2, 3]), goto(1), &default).unwrap_err();
    assert_eq!(error, PlanError::MissingFile { version: Version(3) });
    let error = planned(&[1], &History::from_records(vec![]), goto(1), &default).unwrap_err();
    assert_eq!(error, PlanError::HistoryEmptied);
}

#[test]
fn a_number_of_steps_that_looks_like_a_version_is_refused_but_one_step_is_one_step() {
    use Target::{DownSteps, UpSteps};
    let too_many = |direction, asked, available, is_version| {
        Err(PlanError::TooManySteps { direction, asked, available, is_version })
    };
    let ambiguous = |direction, asked| Err(PlanError::AmbiguousSteps { direction, asked });
    let (up, down) = (Direction::Up, Direction::Down);
    type Case<'a> = (&'a [i64], &'a [i64], Target, Result<&'a str, PlanError>);
    let cases: &[Case<'_>] = &[
        (&[1, 2, 3], &[], UpSteps(1), Ok("+1")),
        (&[1, 2, 3], &[1, 2, 3], DownSteps(1), Ok("-3")),
        (&[1, 2, 3], &[1, 2, 3], DownSteps(2), ambiguous(down, 2)),
        (&[1, 2, 3], &[], UpSteps(3), ambiguous(up, 3)),
        (&[10, 20, 30], &[], UpSteps(3), Ok("+10 +20 +30")),
        (&[10, 20, 30], &[], UpSteps(4), too_many(up, 4, 3, false)),
        (&[10, 20, 30], &[10], UpSteps(20), too_many(up, 20, 2, true)),
        (&[10, 20, 30], &[10], DownSteps(10), too_many(down, 10, 1, true)),
        (&[1, 2], &[1, 2], UpSteps(1), too_many(up, 1, 0, true)),
    ];
    for (all, rows, target, wanted) in cases {
        let got = planned(all, &history(rows), *target, &Policy::default());
        let got = got.as_deref().map_err(Clone::clone);
        assert_eq!(got, *wanted, "{all:?} {rows:?} {target:?}");
    }
}

#[test]
fn the_version_after_a_part_of_the_plan() {
    let cases: &[(&[i64], Target, &[i64])] = &[
        (&[], Target::Latest, &[0, 1, 2, 3]),
        (&[1, 3, 2], Target::DownTo(Version(0)), &[2, 3, 1, 0]),
        (&[1, 3, 2], Target::Redo, &[2, 3, 2]),
    ];
    for (rows, target, versions) in cases {
        let plan = plan(&files(&[1, 2, 3]), &history(rows), *target, &Policy::default()).unwrap();
        let got: Vec<i64> = (0..=plan.steps.len()).map(|n| plan.version_after(n).unwrap().0).collect();
        assert_eq!(got, *versions);
    }
}

#[test]
fn the_journal_never_contradicts_the_history() {
    let left = |version, direction: &str| Unfinished {
        version: Version(version),
        name: String::new(),
        direction: direction.to_owned(),
        statements_done: 1,
        statements_total: 2,
        ending: Ending::InDoubt,
        statement_hashes: vec![],
    };
    let told = vec![left(1, "up"), left(1, "down"), left(2, "up"), left(2, "down")];
    let history = history(&[1]).with_unfinished(told);
    let kept: Vec<_> = history.unfinished().iter().map(|u| (u.version.0, u.direction.as_str())).collect();
    assert_eq!(kept, [(1, "down"), (2, "up")]);
}

#[test]
fn a_half_done_migration_is_brought_to_its_end_before_a_run_goes_the_other_way() {
    let left = |version, direction: &str| Unfinished {
        version: Version(version),
        name: format!("{version}.sql"),
        direction: direction.to_owned(),
        statements_done: 1,
        statements_total: 2,
        ending: Ending::Failed,
        statement_hashes: vec![],
    };
    let up_of_3 = history(&[1, 2]).with_unfinished(vec![left(3, "up")]);
    let up_of_1 = history(&[]).with_unfinished(vec![left(1, "up")]);
    let up_of_9 = history(&[]).with_unfinished(vec![left(9, "up")]);
    let down_of_2 = history(&[1, 2]).with_unfinished(vec![left(2, "down")]);
    let down_of_4 = history(&[1, 2, 3, 4]).with_unfinished(vec![left(4, "down")]);
    let v = Version;
    for (history, target, wanted) in [
        (&up_of_3, Target::Latest, "up 3, up 4"),
        (&up_of_3, Target::UpByOne, "up 3"),
        (&up_of_3, Target::Resume, "up 3"),
        (&up_of_3, Target::GoTo(v(3)), "up 3"),
        (&up_of_3, Target::GoTo(v(2)), "cannot go down"),
        (&up_of_3, Target::DownTo(v(2)), "cannot go down"),
        (&up_of_3, Target::DownTo(v(3)), ""),
        (&up_of_3, Target::Down, "cannot go down"),
        (&up_of_3, Target::DownTo(v(1)), "cannot go down"),
        (&up_of_3, Target::Redo, "cannot go down"),
        (&up_of_3, Target::Reset, "cannot go down"),
        (&up_of_3, Target::GoTo(v(1)), "cannot go down"),
        // Nothing is applied, and something is there all the same.
        (&up_of_1, Target::Reset, "cannot go down"),
        (&up_of_1, Target::Down, "cannot go down"),
        (&up_of_1, Target::Redo, "cannot go down"),
        (&up_of_1, Target::DownTo(v(0)), "cannot go down"),
        (&up_of_1, Target::GoTo(v(0)), "cannot go down"),
        (&up_of_9, Target::Reset, "an earlier run left `9.sql` (up) half done"),
        (&down_of_2, Target::Down, "down 2"),
        (&down_of_2, Target::Resume, "down 2"),
        (&down_of_2, Target::Redo, "down 2, up 2"),
        (&down_of_2, Target::Reset, "down 2, down 1"),
        (&down_of_2, Target::Latest, "cannot go up"),
        (&down_of_2, Target::UpByOne, "cannot go up"),
        (&down_of_2, Target::UpTo(v(2)), "cannot go up"),
        (&down_of_2, Target::UpTo(v(1)), ""),
        (&down_of_2, Target::GoTo(v(2)), "cannot go up"),
        (&down_of_2, Target::GoTo(v(1)), "down 2"),
        // Everything is applied, and something is gone all the same.
        (&down_of_4, Target::Latest, "cannot go up"),
        (&down_of_4, Target::UpTo(v(4)), "cannot go up"),
        (&down_of_4, Target::GoTo(v(4)), "cannot go up"),
        (&down_of_4, Target::Down, "down 4"),
    ] {
        let planned = plan(&files(&[1, 2, 3, 4]), history, target, &Policy::default());
        let told = match planned {
            Ok(plan) => {
                let steps = plan.steps.iter().map(|s| format!("{} {}", s.direction, s.migration.version));
                steps.collect::<Vec<_>>().join(", ")
            }
            Err(error) => error.to_string().split(':').next().unwrap_or_default().to_owned(),
        };
        assert_eq!(told, wanted, "{target:?}");
    }
}

fn script(own: bool) -> Script {
    let class = StatementClass { needs_own_transaction: own, ..StatementClass::plain(StatementKind::Ddl) };
    let statement = Statement {
        sql: String::new(),
        source: String::new(),
        position: Position { line: 1, column: 1 },
        bytes: 0..0,
        class,
        block: false,
    };
    Script {
        path: "1_a.sql".into(),
        statements: vec![statement],
        transaction: TransactionMode::PerMigration,
        section_present: true,
        annotations: vec![],
        content: Content::default(),
        substituted: vec![],
    }
}

proptest! {
    /// Groups cover every step once and in order, are never too large, and leave loners alone.
    #[test]
    fn groups_cover_all_steps_in_order(own in proptest::collection::vec(prop::bool::weighted(0.1), 0..300), shared: bool) {
        let scripts: Vec<Script> = own.iter().map(|o| script(*o)).collect();
        let groups = groups(scripts.iter().map(Script::can_share_transaction), shared);
        let covered: Vec<usize> = groups.iter().cloned().flatten().collect();
        prop_assert_eq!(covered, (0..scripts.len()).collect::<Vec<_>>());
        for group in groups {
            prop_assert!(group.len() <= GROUP_STEPS_MAX);
            prop_assert!(group.len() == 1 || (shared && group.clone().all(|i| !own[i])));
        }
    }

    /// Applying step by step, in any mix of targets, ends where applying at once ends.
    #[test]
    fn one_by_one_is_all_at_once(mut all in proptest::collection::btree_set(1_i64..500, 1..20), applied in 0_usize..20) {
        let versions: Vec<i64> = std::mem::take(&mut all).into_iter().collect();
        let mut rows: Vec<i64> = versions[..applied.min(versions.len())].to_vec();
        let at_once = planned(&versions, &history(&rows), Target::Latest, &Policy::default()).unwrap();
        let mut one_by_one = Vec::new();
        while rows.len() < versions.len() {
            let next = planned(&versions, &history(&rows), Target::UpByOne, &Policy::default()).unwrap();
            rows.push(next[1..].parse().unwrap());
            one_by_one.push(next);
        }
        prop_assert_eq!(at_once, one_by_one.join(" "));
    }
}
