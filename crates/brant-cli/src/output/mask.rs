//! SQL that may be shown: without the passwords in it.

/// Replaces the literal after `PASSWORD` and `IDENTIFIED … BY` by `'***'`, keeping line ends so that line numbers stay
/// right.
///
/// This reads words, not SQL: where it errs it hides too much.
pub(crate) fn passwords(sql: &str) -> String {
    let lower = sql.to_ascii_lowercase();
    let mut masked = String::with_capacity(sql.len());
    let mut rest = 0;
    while let Some((start, quote)) = next_secret(&lower, rest) {
        let end = literal_end(&sql[start + 1..], quote).map_or(sql.len(), |n| start + 1 + n);
        masked.push_str(&sql[rest..=start]);
        masked.push_str("***");
        masked.extend(sql[start..end].chars().filter(|c| *c == '\n'));
        rest = end;
    }
    masked + &sql[rest..]
}

/// Where the opening quote of the next literal stands that is a password, and which quote it is.
fn next_secret(lower: &str, from: usize) -> Option<(usize, char)> {
    let mut at = from;
    loop {
        let found = ["password", "by", "as"]
            .iter()
            .filter_map(|word| find_word(lower, word, at).map(|i| (i, *word)))
            .min()?;
        let after = found.0 + found.1.len();
        let tail = lower[after..].trim_start_matches(|c: char| c.is_whitespace() || "=(".contains(c));
        let tail = tail.strip_prefix('e').filter(|t| t.starts_with('\'')).unwrap_or(tail);
        let is_secret = match found.1 {
            "password" => true,
            _ => lower[..found.0].rfind("identified").is_some_and(|i| found.0 - i < 80),
        };
        if let Some(quote) = tail.chars().next().filter(|c| is_secret && matches!(c, '\'' | '"')) {
            return Some((lower.len() - tail.len(), quote));
        }
        at = after;
    }
}

fn find_word(text: &str, word: &str, from: usize) -> Option<usize> {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let mut at = from;
    while let Some(i) = text[at..].find(word).map(|i| at + i) {
        let end = i + word.len();
        if !is_word(text[..i].chars().next_back()) && !is_word(text[end..].chars().next()) {
            return Some(i);
        }
        at = end;
    }
    None
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
    use super::passwords;

    #[test]
    fn literals_after_password_and_identified_by_are_hidden() {
        for (sql, shown) in [
            ("CREATE ROLE r PASSWORD 'geheim' LOGIN", "CREATE ROLE r PASSWORD '***' LOGIN"),
            ("ALTER USER u WITH PASSWORD\n  E'a\\'b';", "ALTER USER u WITH PASSWORD\n  E'***';"),
            ("CREATE USER u IDENTIFIED BY 'it''s';", "CREATE USER u IDENTIFIED BY '***';"),
            ("CREATE USER u IDENTIFIED WITH x AS \"h\"", "CREATE USER u IDENTIFIED WITH x AS \"***\""),
            ("SET PASSWORD = PASSWORD('x')", "SET PASSWORD = PASSWORD('***')"),
            ("PASSWORD 'a\nb'; SELECT 1", "PASSWORD '***\n'; SELECT 1"),
            ("PASSWORD 'never closed", "PASSWORD '***"),
        ] {
            assert_eq!(passwords(sql), shown);
        }
    }

    #[test]
    fn everything_else_is_shown() {
        for sql in [
            "SELECT password FROM u WHERE name = 'x'",
            "INSERT INTO passwords VALUES ('x')",
            "SELECT 'a' AS 'b' ORDER BY 'c'",
            "ALTER ROLE r PASSWORD NULL",
        ] {
            assert_eq!(passwords(sql), sql);
        }
    }
}
