//! SQL and messages that may be shown: without the passwords in them.
//!
//! This reads words, not SQL: where it errs it hides too much.

use std::ops::Range;

/// How far a literal may stand behind `IDENTIFIED` to belong to it.
const IDENTIFIED_REACH: usize = 80;
/// A value shorter than this is hidden only where it stands as a word of its own.
const WORD_MAX: usize = 4;
/// So many characters of a longer value are hidden even without the rest: servers cut what they quote. So are words
/// of it: a server that took the value for SQL quotes one.
const FRAGMENT: usize = 8;

/// The text of each literal after `PASSWORD` and `IDENTIFIED … BY`, without its quotes.
///
/// ```
/// let sql = "CREATE USER u IDENTIFIED BY 'geheim'";
/// assert_eq!(brant_sql::password_literals(sql), [29..35]);
/// ```
#[must_use]
pub fn password_literals(sql: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    // Nearly every text has none, and is not read word by word.
    if !mentions_one(sql.as_bytes()) {
        return found;
    }
    let mut identified = None;
    let mut at = 0;
    while let Some(word) = next_word(sql, at) {
        at = word.end;
        let is_one_of = |words: &[&str]| words.iter().any(|w| sql[word.clone()].eq_ignore_ascii_case(w));
        if is_one_of(&["identified"]) {
            identified = Some(word.end);
        }
        let announces = is_one_of(&["password", "master_password", "source_password"])
            || (is_one_of(&["by", "as", "using"])
                && identified.is_some_and(|i| word.start - i < IDENTIFIED_REACH));
        if announces && let Some(literal) = literal_behind(sql, &word) {
            at = literal.end;
            found.push(literal);
        }
    }
    found
}

/// Replaces what [`password_literals`] finds by `***`, keeping line ends so that line numbers stay right.
///
/// ```
/// let sql = "ALTER ROLE r PASSWORD 'geheim'";
/// assert_eq!(brant_sql::mask_passwords(sql), "ALTER ROLE r PASSWORD '***'");
/// ```
#[must_use]
pub fn mask_passwords(sql: &str) -> String {
    let mut masked = String::with_capacity(sql.len());
    let mut rest = 0;
    for literal in password_literals(sql) {
        masked.push_str(&sql[rest..literal.start]);
        masked.push_str("***");
        masked.extend(sql[literal.clone()].chars().filter(|c| *c == '\n'));
        rest = literal.end;
    }
    masked + &sql[rest..]
}

/// Replaces these values by `***` wherever a message quotes them, in whatever case, and long pieces of them too.
///
/// ```
/// let message = "Duplicate entry 'geheim' for key 'token'";
/// let masked = brant_sql::mask_values(message, &["geheim".to_owned()]);
/// assert_eq!(masked, "Duplicate entry '***' for key 'token'");
/// ```
#[must_use]
pub fn mask_values(message: &str, values: &[String]) -> String {
    let values: Vec<String> =
        values.iter().map(|v| v.trim().to_ascii_lowercase()).filter(|v| !v.is_empty()).collect();
    let lower = message.to_ascii_lowercase();
    let mut masked = String::with_capacity(message.len());
    let mut at = 0;
    while let Some(c) = message[at..].chars().next() {
        let hidden = values.iter().filter_map(|value| quoted(&lower, at, value)).max();
        match hidden {
            Some(length) => {
                masked.push_str("***");
                at += length;
            }
            None => {
                masked.push(c);
                at += c.len_utf8();
            }
        }
    }
    masked
}

/// How much of the value the text quotes from here on, if it is enough to be hidden.
fn quoted(text: &str, at: usize, value: &str) -> Option<usize> {
    let rest = &text[at..];
    if let Some(after) = rest.strip_prefix(value) {
        let ends_word = !is_word(after.chars().next());
        let begins_word = !is_word(text[..at].chars().next_back());
        let whole = value.chars().count() >= WORD_MAX || (begins_word && ends_word);
        return whole.then_some(value.len());
    }
    fragment(rest, value).max(word(text, at, value))
}

/// A long piece of the value.
fn fragment(rest: &str, value: &str) -> Option<usize> {
    let end = rest.char_indices().nth(FRAGMENT).map(|(i, _)| i)?;
    let start = value.find(&rest[..end])?;
    let same = rest.chars().zip(value[start..].chars()).take_while(|(a, b)| a == b);
    Some(same.map(|(c, _)| c.len_utf8()).sum())
}

/// A word of the value that is not too short.
fn word(text: &str, at: usize, value: &str) -> Option<usize> {
    let word = next_word(text, at).filter(|word| word.start == at && word.len() >= WORD_MAX)?;
    let begins = !is_word(text[..at].chars().next_back());
    (begins && words(value).any(|own| value[own] == text[word.clone()])).then_some(word.len())
}

/// One of the words stands there without which no password does.
fn mentions_one(text: &[u8]) -> bool {
    let stands = |at: usize, word: &[u8]| {
        text[at..].get(..word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word))
    };
    text.iter().enumerate().any(|(at, byte)| match byte {
        b'p' | b'P' => stands(at, b"password"),
        b'i' | b'I' => stands(at, b"identified"),
        _ => false,
    })
}

fn is_word(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_alphanumeric() || c == '_')
}

fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || next_word(text, at).inspect(|word| at = word.end))
}

fn next_word(text: &str, from: usize) -> Option<Range<usize>> {
    let start = from + text[from..].find(|c| is_word(Some(c)))?;
    let length = text[start..].find(|c| !is_word(Some(c))).unwrap_or(text.len() - start);
    Some(start..start + length)
}

/// The literal that follows a word, with `=`, `:` or `(` between them or not.
fn literal_behind(sql: &str, word: &Range<usize>) -> Option<Range<usize>> {
    let quoted = matches!(sql[..word.start].chars().next_back(), Some('\'' | '"' | '`'));
    let after = word.end + usize::from(quoted && sql[word.end..].starts_with(['\'', '"', '`']));
    let tail = sql[after..].trim_start_matches(|c: char| c.is_whitespace() || "=(:".contains(c));
    let tail = tail.strip_prefix(['e', 'E']).filter(|t| t.starts_with('\'')).unwrap_or(tail);
    let start = sql.len() - tail.len();
    match tail.chars().next()? {
        // A literal within a literal has its quotes doubled.
        '\'' if tail.strip_prefix("''").is_some_and(|t| is_word(t.chars().next())) => {
            Some(start + 2..tail[2..].find("''").map_or(sql.len(), |n| start + 2 + n))
        }
        quote @ ('\'' | '"') => {
            Some(start + 1..literal_end(&sql[start + 1..], quote).map_or(sql.len(), |n| start + 1 + n))
        }
        '$' => {
            let tag = &tail[..=1 + tail[1..].find('$')?];
            let body = start + tag.len();
            Some(body..sql[body..].find(tag).map_or(sql.len(), |n| body + n))
        }
        // `password=…` of a connection string that is a literal itself.
        _ if sql[after..].starts_with('=') && start == after + 1 => {
            let length =
                tail.find(|c: char| c.is_whitespace() || "'\"`;,)&".contains(c)).unwrap_or(tail.len());
            (length > 0).then_some(start..start + length)
        }
        _ => None,
    }
}

/// Where the closing quote stands; a doubled quote or one after a backslash is part of the literal.
fn literal_end(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        if c == '\\' {
            chars.next();
        } else if c == quote {
            if chars.peek().is_none_or(|(_, next)| *next != quote) {
                return Some(i);
            }
            chars.next();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{mask_passwords, mask_values};

    #[test]
    fn literals_after_password_and_identified_by_are_hidden() {
        for (sql, shown) in [
            ("CREATE ROLE r PASSWORD 'geheim' LOGIN", "CREATE ROLE r PASSWORD '***' LOGIN"),
            ("ALTER USER u WITH PASSWORD\n  E'a\\'b';", "ALTER USER u WITH PASSWORD\n  E'***';"),
            ("ALTER USER u PASSWORD $x$it's$x$;", "ALTER USER u PASSWORD $x$***$x$;"),
            ("CREATE USER u IDENTIFIED BY 'it''s';", "CREATE USER u IDENTIFIED BY '***';"),
            ("CREATE USER u IDENTIFIED WITH x AS \"h\"", "CREATE USER u IDENTIFIED WITH x AS \"***\""),
            ("ALTER USER u IDENTIFIED VIA x USING 'h'", "ALTER USER u IDENTIFIED VIA x USING '***'"),
            ("SET PASSWORD = PASSWORD('x')", "SET PASSWORD = PASSWORD('***')"),
            ("CHANGE MASTER TO MASTER_PASSWORD='x'", "CHANGE MASTER TO MASTER_PASSWORD='***'"),
            ("CONNECTION 'host=h password=x dbname=d'", "CONNECTION 'host=h password=*** dbname=d'"),
            ("UPDATE u SET \"password\" = 'x'", "UPDATE u SET \"password\" = '***'"),
            (r#"SELECT '{"password": "x"}'"#, r#"SELECT '{"password": "***"}'"#),
            (
                "EXECUTE 'CREATE ROLE r PASSWORD ''x'' LOGIN'",
                "EXECUTE 'CREATE ROLE r PASSWORD ''***'' LOGIN'",
            ),
            ("PASSWORD ''; SELECT 'x'", "PASSWORD '***'; SELECT 'x'"),
            ("PASSWORD 'a\nb'; SELECT 1", "PASSWORD '***\n'; SELECT 1"),
            ("PASSWORD 'never closed", "PASSWORD '***"),
        ] {
            assert_eq!(mask_passwords(sql), shown);
        }
    }

    #[test]
    fn everything_else_is_shown() {
        for sql in [
            "SELECT password FROM u WHERE name = 'x'",
            "INSERT INTO passwords VALUES ('x')",
            "INSERT INTO settings VALUES ('password', 'length')",
            "SELECT 'a' AS 'b' ORDER BY 'c'",
            "ALTER ROLE r PASSWORD NULL",
        ] {
            assert_eq!(mask_passwords(sql), sql);
        }
    }

    #[test]
    fn values_are_hidden_in_messages() {
        for (message, value, shown) in [
            ("relation \"Topsecret\" does not exist", "TOPSECRET", "relation \"***\" does not exist"),
            ("near 'a very long sec' at line 1", "a very long secret", "near '***' at line 1"),
            ("near 'long secret)' at line 1", "a very long secret", "near '***)' at line 1"),
            ("value 17 of 170 is too large", "17", "value *** of 170 is too large"),
            ("the word `in` in it", "in", "the word `***` *** it"),
            ("größe: Straße", "straße", "größe: ***"),
            ("column \"tok\" does not exist", "tok-4711", "column \"tok\" does not exist"),
            ("column \"Token\" does not exist", "Token-4711", "column \"***\" does not exist"),
            ("nothing of it", "", "nothing of it"),
        ] {
            assert_eq!(mask_values(message, &[value.to_owned()]), shown);
        }
    }

    #[test]
    fn much_text_takes_little_time() {
        let sql = "SELECT a AS b ORDER BY c;\n".repeat(200_000) + "ALTER ROLE r PASSWORD 'x'";
        assert_eq!(mask_passwords(&sql).len(), sql.len() + 2);
    }
}
