//! A statement of several clauses that are carried out all at once: any one of them tells of all.

use super::{Evidence, NOT_UNDERSTOOD};

/// What one clause shows.
pub(super) struct Clause {
    pub(super) evidence: Evidence,
    /// What it names.
    pub(super) names: Vec<String>,
    /// It gives the whole a new name, under which the others must be looked for.
    pub(super) moves: bool,
}

impl Clause {
    pub(super) fn new(names: &[&str], evidence: Evidence) -> Self {
        let names = names.iter().map(|name| name.to_lowercase()).collect();
        Self { evidence, names, moves: false }
    }

    pub(super) fn repeatable() -> Self {
        Self::new(&[], Evidence::Repeatable)
    }

    pub(super) fn unknown() -> Self {
        Self::new(&[], Evidence::Unknowable(NOT_UNDERSTOOD))
    }
}

/// What the clauses show together. One that names what another names too shows nothing: something of that name may be
/// there before and after.
pub(super) fn together(clauses: &[Clause]) -> Evidence {
    let is_alone = |i: usize| {
        let others = clauses.iter().enumerate().filter(|(other, _)| *other != i);
        others.flat_map(|(_, clause)| &clause.names).all(|name| !clauses[i].names.contains(name))
    };
    let moves = clauses.iter().any(|clause| clause.moves);
    let asked = clauses.iter().enumerate().find(|(i, clause)| {
        matches!(clause.evidence, Evidence::Ask(_)) && clause.moves == moves && is_alone(*i)
    });
    if let Some((_, clause)) = asked {
        return clause.evidence.clone();
    }
    let unknowable = clauses.iter().find(|clause| matches!(clause.evidence, Evidence::Unknowable(_)));
    match unknowable {
        Some(clause) => clause.evidence.clone(),
        None if clauses.iter().all(|clause| clause.evidence == Evidence::Repeatable) => Evidence::Repeatable,
        None => Evidence::Unknowable("it takes away and makes something of the same name"),
    }
}
