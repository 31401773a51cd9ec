//! Where the body of a routine begins and ends, for the semicolons in it do not end the statement.
//!
//! Sources: MySQL Reference Manual, "Compound Statement Syntax", "CREATE PROCEDURE and CREATE FUNCTION Statements",
//! "CREATE TRIGGER Statement", "CREATE EVENT Statement"; MariaDB, "Using Compound Statements Outside of Stored
//! Programs" (`BEGIN NOT ATOMIC`, and `IF`, `CASE`, `LOOP`, … by themselves), "FOR"; SQLite, "CREATE TRIGGER";
//! PostgreSQL, "CREATE FUNCTION" (`BEGIN ATOMIC … END`).

use crate::Lexis;
use crate::lexer::TokenKind;
use crate::pattern::Lexeme;

/// Words that are allowed between CREATE and PROCEDURE, FUNCTION, TRIGGER or EVENT.
const PREFIXES: &[&str] = &["OR", "REPLACE", "DEFINER", "AGGREGATE", "TEMP", "TEMPORARY", "CONSTRAINT"];
/// Words that begin a block and end with END.
const OPENERS: &[&str] = &["IF", "LOOP", "WHILE", "REPEAT", "FOR", "CASE"];
/// Words that begin a statement which is the whole body of a routine.
const VERBS: &[&str] = &[
    "SET", "UPDATE", "INSERT", "DELETE", "REPLACE", "SELECT", "CALL", "RETURN", "WITH", "SIGNAL", "DO",
    "TRUNCATE", "CREATE", "ALTER", "DROP", "RENAME", "GRANT", "REVOKE", "OPTIMIZE", "ANALYZE", "EXECUTE",
    "PREPARE",
];
/// Words before a word that make it part of a routine's head.
const HEAD_WORDS: &[&str] = &[
    "PROCEDURE",
    "FUNCTION",
    "TRIGGER",
    "EVENT",
    "OR",
    "OF",
    "ON",
    "RETURNS",
    "EXISTS",
    "FOLLOWS",
    "PRECEDES",
];
/// Words before END that make it a name: no operand ends there.
const OPERATORS: &[&str] = &["WHEN", "THEN", "ELSE", "CASE", "AND", "OR", "NOT"];

/// What kind of routine a CREATE makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Routine {
    Function,
    Trigger,
    Event,
}

/// How far the command has been understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// Nothing has been read.
    #[default]
    First,
    /// One word has been read that may turn out to be a label.
    Label,
    /// BEGIN has been read; NOT ATOMIC may follow.
    Begin,
    /// CREATE has been read, but not yet what.
    Create,
    /// The routine's head.
    Head(Routine),
    /// In a body of blocks.
    Blocks,
    /// Nothing more to be found: no routine, or its body is over.
    Over,
}

/// A block that waits for its END.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    /// `BEGIN … END`, `IF … END IF`, `LOOP … END LOOP`, and the part of other loops after DO.
    Statements,
    /// `REPEAT … UNTIL condition END REPEAT`: no semicolon stands before its END once UNTIL is read.
    Until,
    /// `WHILE condition DO`, `FOR … DO`, before DO.
    LoopHead,
    /// CASE as an expression: no statements in it.
    CaseExpression,
}

/// Follows one command from its beginning and knows whether it is in the middle of a body.
#[derive(Debug, Default)]
pub(super) struct Body {
    phase: Phase,
    blocks: Vec<Block>,
    /// The next token begins a statement of the body.
    starts: bool,
    /// In `DECLARE … HANDLER FOR …`, before its statement.
    handler: bool,
}

impl Body {
    /// A semicolon here belongs to the body.
    pub(super) fn is_open(&self) -> bool {
        !self.blocks.is_empty()
    }

    /// Ready for the next command.
    pub(super) fn clear(&mut self) {
        self.phase = Phase::First;
        self.blocks.clear();
        self.starts = false;
        self.handler = false;
    }

    /// Takes the next token. `last` are the token before it and the one before that, `nested` says whether it stands
    /// in parentheses.
    pub(super) fn see(
        &mut self,
        token: Lexeme<'_>,
        last: [Option<Lexeme<'_>>; 2],
        nested: bool,
        lexis: &Lexis,
    ) {
        match self.phase {
            Phase::Over => {}
            Phase::First => self.see_first(token, lexis),
            Phase::Label => {
                self.phase = if token.is_symbol(b':') { Phase::First } else { Phase::Over };
            }
            Phase::Begin => self.see_after_begin(token),
            Phase::Create => self.see_after_create(token, last[0]),
            Phase::Head(routine) if !nested => self.see_head(token, last, routine, lexis),
            Phase::Head(_) => {}
            Phase::Blocks => self.see_block(token, last[0]),
        }
    }

    fn see_first(&mut self, token: Lexeme<'_>, lexis: &Lexis) {
        self.phase = if token.is_word("CREATE") || (lexis.compound_bodies && token.is_word("ALTER")) {
            Phase::Create
        } else if !lexis.compound_bodies {
            Phase::Over
        } else if token.is_word("BEGIN") {
            Phase::Begin
        } else if token.is_one_of(OPENERS) {
            self.open_statement(token);
            Phase::Blocks
        } else {
            Phase::Label
        };
    }

    fn see_after_begin(&mut self, token: Lexeme<'_>) {
        if token.is_word("ATOMIC") {
            self.open_body();
        } else if !token.is_word("NOT") {
            self.phase = Phase::Over;
        }
    }

    fn see_after_create(&mut self, token: Lexeme<'_>, last: Option<Lexeme<'_>>) {
        // The user of `DEFINER = user@host` may have any name.
        let is_user = last.is_some_and(|l| matches!(l.kind, TokenKind::Symbol(b'=' | b'@' | b'.' | b'-')));
        if token.kind != TokenKind::Word || is_user || token.is_one_of(PREFIXES) {
            return;
        }
        self.phase = if token.is_one_of(&["PROCEDURE", "FUNCTION"]) {
            Phase::Head(Routine::Function)
        } else if token.is_word("TRIGGER") {
            Phase::Head(Routine::Trigger)
        } else if token.is_word("EVENT") {
            Phase::Head(Routine::Event)
        } else {
            Phase::Over
        };
    }

    fn see_head(
        &mut self,
        token: Lexeme<'_>,
        last: [Option<Lexeme<'_>>; 2],
        routine: Routine,
        lexis: &Lexis,
    ) {
        if lexis.atomic_bodies && token.is_word("ATOMIC") && is_word(last[0], "BEGIN") {
            self.open_body();
        }
        if !lexis.compound_bodies || is_part_of_head(token, last[0]) {
            return;
        }
        let body_begins = match routine {
            Routine::Function => true,
            Routine::Event => is_word(last[0], "DO"),
            Routine::Trigger => {
                is_word(last[0], "ROW") || last[1].is_some_and(|l| l.is_one_of(&["FOLLOWS", "PRECEDES"]))
            }
        } || last[0].is_some_and(|l| l.is_symbol(b':'));
        if token.is_word("BEGIN") {
            self.open_body();
        } else if body_begins && token.is_one_of(OPENERS) {
            self.open_statement(token);
            self.phase = Phase::Blocks;
        } else if body_begins && token.is_one_of(VERBS) {
            self.phase = Phase::Over;
        }
    }

    fn see_block(&mut self, token: Lexeme<'_>, last: Option<Lexeme<'_>>) {
        let starts = std::mem::take(&mut self.starts);
        if token.is_symbol(b';') {
            self.starts = true;
            self.handler = false;
        } else if token.is_symbol(b':') {
            self.starts = true; // after a label; `:=` clears it again
        } else if token.kind != TokenKind::Word || last.is_some_and(|l| l.is_symbol(b'.')) {
            // neither a keyword nor a name without its table
        } else if token.is_word("END") {
            self.see_end(starts, last);
        } else if token.is_word("CASE") {
            if !is_word(last, "END") {
                self.open_case(starts);
            }
        } else if self.blocks.last() != Some(&Block::CaseExpression) {
            self.see_statement_word(token, last, starts);
        }
    }

    fn see_statement_word(&mut self, token: Lexeme<'_>, last: Option<Lexeme<'_>>, starts: bool) {
        if token.is_one_of(&["THEN", "ELSE"]) || (token.is_word("ATOMIC") && is_word(last, "NOT")) {
            self.starts = true;
        } else if token.is_word("DO") && self.blocks.last() == Some(&Block::LoopHead) {
            self.blocks.pop();
            self.open_body();
        } else if token.is_word("UNTIL") && starts {
            self.blocks.pop();
            self.blocks.push(Block::Until);
        } else if token.is_word("HANDLER") {
            self.handler = true;
        } else if starts || self.handler {
            self.see_statement_start(token, last, starts);
        }
    }

    fn see_statement_start(&mut self, token: Lexeme<'_>, last: Option<Lexeme<'_>>, starts: bool) {
        // The FOR of `HANDLER FOR` opens no loop.
        if self.handler && is_word(last, "HANDLER") {
            return;
        }
        if token.is_word("BEGIN") {
            self.handler = false;
            self.open_body();
        } else if token.is_one_of(OPENERS) {
            self.handler = false;
            self.open_statement(token);
        } else if !starts && token.is_one_of(VERBS) {
            self.handler = false;
        }
    }

    fn see_end(&mut self, starts: bool, last: Option<Lexeme<'_>>) {
        let closes = match self.blocks.last() {
            Some(Block::CaseExpression) => last.is_none_or(|l| match l.kind {
                TokenKind::Symbol(symbol) => matches!(symbol, b')' | b']' | b'?'),
                _ => !l.is_one_of(OPERATORS),
            }),
            Some(Block::Until) => true,
            _ => starts,
        };
        if closes {
            self.blocks.pop();
            if self.blocks.is_empty() {
                self.phase = Phase::Over;
            }
        }
    }

    fn open_case(&mut self, starts: bool) {
        self.blocks.push(if starts { Block::Statements } else { Block::CaseExpression });
    }

    fn open_statement(&mut self, token: Lexeme<'_>) {
        let has_head = token.is_one_of(&["WHILE", "FOR"]);
        let has_statements = token.is_one_of(&["LOOP", "REPEAT"]);
        self.blocks.push(if has_head { Block::LoopHead } else { Block::Statements });
        self.starts = has_statements;
    }

    fn open_body(&mut self) {
        self.phase = Phase::Blocks;
        self.starts = true;
        self.blocks.push(Block::Statements);
    }
}

/// The token is a name or a type in a routine's head, whatever it looks like.
fn is_part_of_head(token: Lexeme<'_>, last: Option<Lexeme<'_>>) -> bool {
    last.is_some_and(|l| {
        matches!(l.kind, TokenKind::Symbol(b'.' | b',' | b'=' | b'@'))
            || l.is_one_of(HEAD_WORDS)
            || (token.is_word("SET") && l.is_one_of(&["CHARACTER", "CHAR"]))
    })
}

fn is_word(lexeme: Option<Lexeme<'_>>, keyword: &str) -> bool {
    lexeme.is_some_and(|l| l.is_word(keyword))
}
