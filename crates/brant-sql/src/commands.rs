//! What sort of command a command is, and what the server thinks of it inside a transaction.
//!
//! The knowledge is a table of patterns for each dialect ([`POSTGRES`], [`MYSQL`], [`SQLITE`]), which its
//! [`Lexis`](crate::Lexis) points to. Which commands are in the tables, and why, is said there.

mod mysql;
mod postgres;
mod sqlite;

use brant_core::{StatementClass, StatementKind};

use crate::lexer::TokenKind;
use crate::pattern::{self, Lexeme};

pub(crate) use mysql::MYSQL;
pub(crate) use postgres::POSTGRES;
pub(crate) use sqlite::SQLITE;

/// How many tokens of a command the patterns can see. What they look for stands at a command's head.
pub(crate) const HEAD: usize = 64;

/// How a dialect's commands are told apart.
#[derive(Debug, PartialEq, Eq)]
pub struct CommandRules {
    /// The first rule whose pattern fits the head of a command decides. Without one, the command is unknown.
    pub rules: &'static [Rule],
    /// Two words which, next to each other anywhere in a command, make it need its own transaction.
    pub pairs: &'static [(&'static str, &'static str)],
    /// How the names of functions begin that make a command need its own transaction.
    pub functions: &'static [&'static str],
}

/// One line of a [`CommandRules`] table.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// The first word of the command: one of these.
    pub first: &'static [&'static str],
    /// What follows, in blank-separated atoms (`WORD`, `A|B`, `WORD?`, `()`, `*`, `;`). More may follow unless it ends in `;`.
    pub rest: &'static str,
    /// What such a command is.
    pub class: StatementClass,
}

impl Rule {
    const fn new(first: &'static [&'static str], rest: &'static str, class: StatementClass) -> Self {
        Self { first, rest, class }
    }
}

/// A class whose commands must have a transaction of their own.
const fn own(kind: StatementKind) -> StatementClass {
    StatementClass { needs_own_transaction: true, ..StatementClass::plain(kind) }
}

/// A class whose commands the server refuses inside a transaction.
const fn outside(kind: StatementKind) -> StatementClass {
    StatementClass { outside_transaction_only: true, ..own(kind) }
}

/// A class whose commands make the server commit.
const fn commits(kind: StatementKind) -> StatementClass {
    StatementClass { commits_implicitly: true, ..StatementClass::plain(kind) }
}

/// A class whose commands make the server commit, and which must have a transaction of their own.
const fn commits_own(kind: StatementKind) -> StatementClass {
    StatementClass { commits_implicitly: true, ..own(kind) }
}

/// What is assumed of a command that is not known.
pub(crate) const UNKNOWN: StatementClass = own(StatementKind::Other);

/// The command that is being read.
#[derive(Debug, Default)]
pub(crate) struct Command<'a> {
    head: Vec<Lexeme<'a>>,
    /// The last token and the one before it.
    last: [Option<Lexeme<'a>>; 2],
    needs_own_transaction: bool,
}

impl<'a> Command<'a> {
    /// Takes the next token of the command.
    pub(crate) fn push(&mut self, lexeme: Lexeme<'a>, rules: &CommandRules) {
        if self.head.is_empty() {
            // Enough for most commands at once.
            self.head.reserve(HEAD / 2);
        }
        if self.head.len() < HEAD {
            self.head.push(lexeme);
        }
        if lexeme.kind == TokenKind::Word && !self.needs_own_transaction {
            self.needs_own_transaction = self.reaches_further(lexeme, rules);
        }
        self.last = [Some(lexeme), self.last[0]];
    }

    fn reaches_further(&self, word: Lexeme<'_>, rules: &CommandRules) -> bool {
        let begins =
            |name: &&str| word.text.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
        let ends_pair = |(first, second): &(&str, &str)| {
            word.is_word(second) && self.last[0].is_some_and(|last| last.is_word(first))
        };
        rules.pairs.iter().any(ends_pair) || rules.functions.iter().any(begins)
    }

    /// The last token and the one before it.
    pub(crate) fn last(&self) -> [Option<Lexeme<'a>>; 2] {
        self.last
    }

    /// The first tokens.
    pub(crate) fn head(&self) -> &[Lexeme<'a>] {
        &self.head
    }

    /// Ready for the next command.
    pub(crate) fn clear(&mut self) {
        self.head.clear();
        self.last = [None, None];
        self.needs_own_transaction = false;
    }

    /// What sort of command it is.
    pub(crate) fn class(&self, rules: &CommandRules) -> StatementClass {
        let mut class =
            rules.rules.iter().find(|rule| fits(rule, &self.head)).map_or(UNKNOWN, |rule| rule.class);
        class.needs_own_transaction |= self.needs_own_transaction;
        class
    }
}

/// The class of several commands together: the union of their restrictions, and the kind of the first unless another
/// of them controls the transaction or changes the schema.
pub(crate) fn union(first: StatementClass, next: StatementClass) -> StatementClass {
    use StatementKind::{Ddl, TransactionControl};
    let kind = match (first.kind, next.kind) {
        (TransactionControl, _) | (_, TransactionControl) => TransactionControl,
        (Ddl, _) | (_, Ddl) => Ddl,
        (kind, _) => kind,
    };
    StatementClass {
        kind,
        outside_transaction_only: first.outside_transaction_only || next.outside_transaction_only,
        commits_implicitly: first.commits_implicitly || next.commits_implicitly,
        needs_own_transaction: first.needs_own_transaction || next.needs_own_transaction,
    }
}

fn fits(rule: &Rule, head: &[Lexeme<'_>]) -> bool {
    let Some((first, rest)) = head.split_first() else { return false };
    rule.first.iter().any(|atom| first.is_atom(atom.as_bytes())) && pattern::fits(rule.rest, rest)
}
