//! The text of a `CREATE TABLE` of SQLite, taken apart.

/// What a table is made of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    /// Kind (`column` or `constraint`), name and definition of all that stands between the parentheses. A constraint
    /// without a name is called by what it says.
    pub(crate) inside: Vec<(&'static str, String, String)>,
    /// What follows the closing one; the whole text where there are none (`CREATE VIRTUAL TABLE`).
    pub(crate) options: String,
}

/// Takes it apart at the commas of the outermost parentheses.
pub(crate) fn parts(sql: &str) -> Parts {
    let words = words(sql);
    let is_virtual = words.get(1).is_some_and(|word| word == "virtual");
    let Some(open) = words.iter().position(|word| word == "(").filter(|_| !is_virtual) else {
        return Parts { inside: Vec::new(), options: words.join(" ") };
    };
    let mut inside = Vec::new();
    let (mut depth, mut start) = (0, open + 1);
    for (at, word) in words.iter().enumerate().skip(open) {
        match word.as_str() {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && word == ",") {
            inside.extend(part(&words[start..at]));
            start = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    Parts { inside, options: words[start.min(words.len())..].join(" ") }
}

fn part(words: &[String]) -> Option<(&'static str, String, String)> {
    let (first, rest) = words.split_first()?;
    match (first.as_str(), rest) {
        ("constraint", [name, definition @ ..]) => Some(("constraint", name.clone(), definition.join(" "))),
        ("primary" | "unique" | "check" | "foreign", _) => {
            Some(("constraint", words.join(" "), String::new()))
        }
        _ => Some(("column", first.clone(), rest.join(" "))),
    }
}

/// The same for all spellings of one statement.
pub(crate) fn normal(sql: &str) -> String {
    words(sql).join(" ")
}

/// Words, strings and signs, in small letters but for strings; names without quotes that they don't need.
fn words(sql: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = length(rest, first);
        let (word, after) = rest.split_at(length);
        if !word.starts_with("--") && !word.starts_with("/*") {
            words.push(canonical(word, first));
        }
        rest = after.trim_start();
    }
    words
}

fn length(rest: &str, first: char) -> usize {
    let through =
        |end: &str, from: usize| rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
    match first {
        '\'' | '"' | '`' => quoted_length(rest, first),
        '[' => through("]", 1),
        _ if rest.starts_with("--") => through("\n", 2),
        _ if rest.starts_with("/*") => through("*/", 2),
        _ if is_operator(first) => rest.find(|c| !is_operator(c)).unwrap_or(rest.len()),
        _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
        _ => first.len_utf8(),
    }
}

/// Up to the closing quote; two in a row stand for one.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut from = 1;
    while let Some(at) = text[from..].find(quote) {
        from += at + 1;
        if !text[from..].starts_with(quote) {
            return from;
        }
        from += 1;
    }
    text.len()
}

fn canonical(word: &str, first: char) -> String {
    let inner = word.get(1..word.len() - 1).unwrap_or_default();
    let is_plain = !inner.is_empty() && inner.chars().all(is_word);
    match first {
        '\'' => word.to_owned(),
        '"' | '`' | '[' if is_plain => inner.to_lowercase(),
        _ => word.to_lowercase(),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$' || c == '.'
}

fn is_operator(c: char) -> bool {
    "<>=!|&".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(sql: &str) -> String {
        let Parts { inside, options } = parts(sql);
        let inside = inside.iter().map(|(kind, name, definition)| format!("{kind} {name}: {definition}\n"));
        inside.collect::<String>() + &options
    }

    #[test]
    fn a_table_falls_apart_into_columns_and_constraints() {
        let sql = r#"CREATE TABLE "orders" (
            id INTEGER PRIMARY KEY, -- a comment, with a comma
            "Status" text NOT NULL DEFAULT 'New, (or) it''s', total decimal(10, 2) CHECK (total > 0),
            CONSTRAINT paid CHECK (a IN (1, 2)), FOREIGN KEY (id) REFERENCES [customers](id)
        ) STRICT"#;
        assert_eq!(
            shown(sql),
            "column id: integer primary key\n\
             column status: text not null default 'New, (or) it''s'\n\
             column total: decimal ( 10 , 2 ) check ( total > 0 )\n\
             constraint paid: check ( a in ( 1 , 2 ) )\n\
             constraint foreign key ( id ) references customers ( id ): \n\
             strict"
        );
    }

    #[test]
    fn spelling_does_not_matter() {
        let table = [
            ("CREATE INDEX a ON b (c)", "create  index \"a\"\non `b`(c) -- end"),
            ("SELECT 'A'", "select /* of */ 'A'"),
        ];
        for (a, b) in table {
            assert_eq!(normal(a), normal(b), "{a}");
        }
        assert_ne!(normal("SELECT 'A'"), normal("SELECT 'a'"));
        assert_ne!(normal("SELECT \"a b\""), normal("SELECT a b"));
    }

    #[test]
    fn broken_texts_end() {
        for sql in
            ["", "create table", "create table t (", "create table t (a, 'b", "create table t ())", "\"", "'"]
        {
            parts(sql);
        }
    }

    #[test]
    fn a_virtual_table_is_one() {
        assert_eq!(
            shown("CREATE VIRTUAL TABLE t USING fts5(a, b)"),
            "create virtual table t using fts5 ( a , b )"
        );
    }
}
