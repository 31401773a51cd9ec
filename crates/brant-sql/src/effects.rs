//! What a statement does to those who use the database meanwhile: which tables it locks and how strongly, whom that
//! keeps waiting, and how much of the table it has to go through.
//!
//! The knowledge is data: one table of rows for each product ([`EffectTable`]), each row with its source, the server
//! version from which it holds, and an example that is tried on a real server by the tests. What no row knows is said to
//! be unknown, never taken for harmless.
//!
//! ```
//! use brant_sql::dialect_by_name;
//! use brant_sql::effects::{Blocks, Work, effects};
//!
//! let postgres = dialect_by_name("postgres").unwrap();
//! let found = effects("ALTER TABLE users ADD COLUMN name text, ALTER id TYPE bigint", postgres, Some("PostgreSQL 15.4"));
//! assert_eq!(found.blocks(), Blocks::Everything);
//! assert_eq!((found.on[0].lock.name, found.on[0].work), ("ACCESS EXCLUSIVE", Work::Rewrite));
//! assert_eq!(effects("CALL tidy_up()", postgres, None).blocks(), Blocks::Unknown);
//! ```

mod mariadb;
mod mysql;
mod postgres;
mod rule;
mod sqlite;

use std::fmt;

use crate::pattern::{self, Found, Lexeme};
use crate::{Dialect, TableName, splitter};

pub(crate) use mariadb::MARIADB;
pub(crate) use mysql::MYSQL;
pub(crate) use postgres::POSTGRES;
pub use rule::{Clauses, EffectRule, EffectTable, Mixed, On, Whose};
pub(crate) use sqlite::SQLITE;

/// Who has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Blocks {
    /// Nobody who reads or writes rows.
    Nothing,
    /// Who changes the same rows.
    SameRows,
    /// Whoever writes.
    Writes,
    /// Whoever reads or writes.
    Everything,
    /// It is not known.
    Unknown,
}

/// How much of a table a statement goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// Nothing of it: only the catalog changes.
    Catalog,
    /// The rows that the statement names.
    Rows,
    /// All of it is read.
    Scan,
    /// All of it is read, and an index is written.
    Index,
    /// All of it is written anew.
    Rewrite,
    /// It is not known.
    Unknown,
}

/// A lock, as the product names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Its name.
    pub name: &'static str,
    /// The stronger of two locks of one product has the greater number.
    pub strength: u8,
    /// Whom it keeps waiting while the statement is at work.
    pub blocks: Blocks,
    /// Whom it keeps waiting while the statement itself waits for the lock, and for the moment that it needs it.
    pub queue: Blocks,
}

impl Lock {
    /// Of a statement that no row knows.
    pub const UNKNOWN: Self =
        Self { name: "unknown", strength: u8::MAX, blocks: Blocks::Unknown, queue: Blocks::Unknown };
}

/// What is locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// This table, view, index or sequence.
    Named(TableName),
    /// The table that has this index.
    TableOf(TableName),
    /// What the statement does not name.
    Described(&'static str),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => name.fmt(f),
            Self::TableOf(index) => write!(f, "the table of {index}"),
            Self::Described(what) => f.write_str(what),
        }
    }
}

/// What a statement does to one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// What is locked.
    pub subject: Subject,
    /// The strongest lock on it.
    pub lock: Lock,
    /// The most that is done with it.
    pub work: Work,
    /// When it is less.
    pub unless: Option<&'static str>,
    /// What else there is to know.
    pub note: Option<&'static str>,
    /// The server version from which this holds; before it, it was more.
    pub since: Option<&'static str>,
    /// Who says so.
    pub source: &'static str,
}

/// What a statement does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// To which tables what.
    pub on: Vec<Effect>,
    /// The tables that it makes: nobody else uses them yet.
    pub creates: Vec<TableName>,
    /// Why the server will refuse it, where that is known.
    pub refused: Option<&'static str>,
    /// It holds a command that no row knows, so there may be more.
    pub has_unknown: bool,
}

impl Effects {
    /// Whom it keeps waiting while it is at work.
    #[must_use]
    pub fn blocks(&self) -> Blocks {
        self.worst(|lock| lock.blocks)
    }

    /// Whom it keeps waiting while it waits itself.
    #[must_use]
    pub fn queue(&self) -> Blocks {
        self.worst(|lock| lock.queue)
    }

    fn worst(&self, of: impl Fn(&Lock) -> Blocks) -> Blocks {
        let unknown = self.has_unknown.then_some(Blocks::Unknown);
        self.on.iter().map(|effect| of(&effect.lock)).chain(unknown).max().unwrap_or(Blocks::Nothing)
    }

    /// Adds an effect: of two on one table, the stronger of each kind counts.
    fn add(&mut self, effect: Effect) {
        let Some(same) = self.on.iter_mut().find(|known| known.subject == effect.subject) else {
            self.on.push(effect);
            return;
        };
        if effect.lock.strength > same.lock.strength {
            same.lock = effect.lock;
        }
        if effect.work > same.work {
            *same = Effect { lock: same.lock, ..effect };
        } else if effect.work == same.work {
            // What is certain by one of them is certain.
            same.unless = same.unless.filter(|_| effect.unless == same.unless);
            same.note = same.note.or(effect.note);
        }
    }

    fn merge(&mut self, other: Self) {
        for effect in other.on {
            self.add(effect);
        }
        self.creates.extend(other.creates);
        self.refused = self.refused.or(other.refused);
        self.has_unknown |= other.has_unknown;
    }
}

/// What a statement (or several) does to others.
///
/// `server` is the product and its version as the connection tells it (`MariaDB 10.11.6`). Without it the newest version is
/// assumed, and where several products speak the dialect, the worst of what is true of one of them.
#[must_use]
pub fn effects(sql: &str, dialect: &dyn Dialect, server: Option<&str>) -> Effects {
    let (product, version) = server.map_or((None, None), |server| match server.split_once(' ') {
        Some((product, version)) => (Some(product), Some(version)),
        None => (Some(server), None),
    });
    let mut found = Effects::default();
    let Some(commands) = splitter::commands(sql, dialect.lexis()) else {
        return Effects { has_unknown: true, ..found };
    };
    for command in commands {
        for table in dialect.effects().iter().filter(|t| product.is_none_or(|p| p == t.product)) {
            found.merge(Reader { dialect, version, table }.command(&command));
        }
    }
    found
}

fn numbers(version: &str) -> impl Iterator<Item = u32> {
    version.split(['.', '-', ' ']).map_while(|part| part.parse().ok())
}

/// Reads commands by the rows of one product.
struct Reader<'r> {
    dialect: &'r dyn Dialect,
    version: Option<&'r str>,
    table: &'r EffectTable,
}

impl Reader<'_> {
    fn command(&self, lexemes: &[Lexeme<'_>]) -> Effects {
        let Some((rule, found)) = self.table.rules.iter().find_map(|rules| self.first(rules, lexemes)) else {
            return Effects { has_unknown: true, ..Effects::default() };
        };
        let subjects = names(&found.subjects, lexemes, self.dialect);
        let mut effects = self.of_rule(rule, &found, &subjects, lexemes);
        if let Some(clauses) = rule.clauses {
            self.clauses(clauses, &subjects, &lexemes[found.end..], &mut effects);
        }
        effects
    }

    /// The first row that fits and holds for the server.
    fn first(
        &self,
        rules: &'static [EffectRule],
        lexemes: &[Lexeme<'_>],
    ) -> Option<(&'static EffectRule, Found)> {
        rules
            .iter()
            .filter(|rule| self.holds(rule))
            .find_map(|rule| pattern::find(rule.pattern, lexemes).map(|found| (rule, found)))
    }

    fn holds(&self, rule: &EffectRule) -> bool {
        match (rule.since, self.version) {
            (Some(since), Some(version)) => numbers(version).ge(numbers(since)),
            _ => true,
        }
    }

    /// The clauses of one command, and what comes of them together.
    fn clauses(
        &self,
        clauses: &'static Clauses,
        subjects: &[TableName],
        rest: &[Lexeme<'_>],
        effects: &mut Effects,
    ) {
        let mut locks: Vec<Lock> = Vec::new();
        for clause in pattern::parts(rest) {
            match self.first(clauses.rules, clause) {
                Some((rule, found)) => {
                    let own = names(&found.subjects, clause, self.dialect);
                    let subjects = if own.is_empty() { subjects } else { &own };
                    locks.extend(rule.on.iter().filter(|on| on.whose == Whose::Subject).map(|on| on.lock));
                    effects.merge(self.of_rule(rule, &found, subjects, clause));
                }
                None => subjects.iter().for_each(|name| effects.add(unknown(Subject::Named(name.clone())))),
            }
        }
        let differ = locks.iter().any(|lock| *lock != locks[0]);
        if let Some(mixed) = clauses.mixed.filter(|_| differ) {
            for name in subjects {
                effects.add(self.effect(Subject::Named(name.clone()), mixed.lock, mixed.work, None));
            }
        }
    }

    fn of_rule(
        &self,
        rule: &'static EffectRule,
        found: &Found,
        subjects: &[TableName],
        lexemes: &[Lexeme<'_>],
    ) -> Effects {
        let others = names(&found.others, lexemes, self.dialect);
        let mut effects = Effects { refused: rule.refused, ..Effects::default() };
        if rule.creates {
            effects.creates = subjects.to_vec();
        }
        for on in rule.on {
            for subject in on.whose.subjects(subjects, &others) {
                effects.add(self.effect(subject, on.lock, on.work, Some(rule)));
            }
        }
        for part in rule.parts.iter().filter(|part| self.holds(part)) {
            if let Some(found) = pattern::find(part.pattern, lexemes) {
                effects.merge(self.of_rule(part, &found, subjects, lexemes));
            }
        }
        effects
    }

    fn effect(&self, subject: Subject, lock: Lock, work: Work, rule: Option<&EffectRule>) -> Effect {
        Effect {
            subject,
            lock,
            work,
            unless: rule.and_then(|rule| rule.unless),
            note: rule.and_then(|rule| rule.note),
            since: rule.and_then(|rule| rule.since),
            source: rule.and_then(|rule| rule.source).unwrap_or(self.table.source),
        }
    }
}

fn unknown(subject: Subject) -> Effect {
    let (lock, work) = (Lock::UNKNOWN, Work::Unknown);
    Effect { subject, lock, work, unless: None, note: None, since: None, source: "no row for this clause" }
}

/// The names at these places. What is no name of a table is left out: `a.b.c`.
fn names(places: &[std::ops::Range<usize>], lexemes: &[Lexeme<'_>], dialect: &dyn Dialect) -> Vec<TableName> {
    let text = |place: &std::ops::Range<usize>| -> String {
        lexemes[place.clone()].iter().map(|lexeme| lexeme.text).collect()
    };
    places.iter().filter_map(|place| TableName::parse(&text(place), dialect).ok()).collect()
}
