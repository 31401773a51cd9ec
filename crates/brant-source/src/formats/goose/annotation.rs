//! Which lines control the parser.

use brant_sql::{Dialect, token_hash_of_file};

/// One of the seven annotations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Annotation {
    Up,
    Down,
    StatementBegin,
    StatementEnd,
    NoTransaction,
    EnvsubOn,
    EnvsubOff,
}

const ANNOTATIONS: [(&str, Annotation); 7] = [
    ("Up", Annotation::Up),
    ("Down", Annotation::Down),
    ("StatementBegin", Annotation::StatementBegin),
    ("StatementEnd", Annotation::StatementEnd),
    ("NO TRANSACTION", Annotation::NoTransaction),
    ("ENVSUB ON", Annotation::EnvsubOn),
    ("ENVSUB OFF", Annotation::EnvsubOff),
];

/// What a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LineKind<'a> {
    /// SQL, an ordinary comment, or blank.
    Text,
    /// One of the seven annotations.
    Annotation(Annotation),
    /// A comment that begins with `+goose` and is none of the seven: why.
    Unknown(String),
    /// A `+brant` comment: the words after that.
    Brant(&'a str),
}

/// Tells what a line is.
///
/// A comment counts as an annotation when it is one for goose, which takes out every `--` and the one `+goose`,
/// wherever they stand, and compares what is left. Beyond that, blanks may stand before an annotation, and a comment
/// behind it. A comment that mentions `+goose` later than at its beginning is prose.
pub(super) fn line_kind(line: &str) -> LineKind<'_> {
    let line = line.trim();
    if !line.starts_with("--") {
        return LineKind::Text;
    }
    let mut comment = line;
    while let Some(rest) = comment.strip_prefix("--") {
        comment = rest.trim_start();
    }
    let words = comment.strip_prefix("+goose");
    // Nearly all are written like this.
    if let Some(annotation) = words.and_then(|words| find(words.trim())) {
        return LineKind::Annotation(annotation);
    }
    if line.contains("+goose")
        && let Some(annotation) = as_goose_reads_it(line)
    {
        return LineKind::Annotation(annotation);
    }
    if let Some(words) = words {
        let words = words.split("--").next().unwrap_or_default().trim();
        return find(words).map_or_else(|| LineKind::Unknown(unknown(words)), LineKind::Annotation);
    }
    match comment.strip_prefix("+brant") {
        Some(words) if words.is_empty() || words.starts_with(char::is_whitespace) => {
            LineKind::Brant(words.trim())
        }
        _ => LineKind::Text,
    }
}

/// A hash of all in a file that means something.
pub(super) fn token_hash(text: &str, dialect: &dyn Dialect) -> String {
    token_hash_of_file(text, dialect, meaning)
}

/// What counts of a line that is a comment.
fn meaning(line: &str) -> Option<String> {
    match line_kind(line) {
        LineKind::Text => None,
        LineKind::Annotation(annotation) => Some(format!("goose {annotation:?}")),
        LineKind::Unknown(_) => Some(line.trim().to_owned()),
        LineKind::Brant(words) => {
            let words: Vec<&str> = words.split_whitespace().collect();
            Some(format!("brant {}", words.join(" ").to_ascii_lowercase()))
        }
    }
}

fn as_goose_reads_it(line: &str) -> Option<Annotation> {
    let rest = line.replace("--", "").replacen("+goose", "", 1);
    find(rest.trim())
}

fn find(words: &str) -> Option<Annotation> {
    ANNOTATIONS.iter().find(|(name, _)| name.eq_ignore_ascii_case(words)).map(|(_, annotation)| *annotation)
}

fn unknown(words: &str) -> String {
    let names = ANNOTATIONS.map(|(name, _)| format!("`{name}`"));
    let (last, others) = names.split_last().expect("there are seven");
    if words.is_empty() {
        return format!("empty annotation `-- +goose`: expected {} or {last} after it", others.join(", "));
    }
    let shown: String = words.chars().take(40).flat_map(char::escape_debug).collect();
    match nearest(words) {
        Some(name) => format!("unknown annotation `-- +goose {shown}`: did you mean `-- +goose {name}`?"),
        None => format!("unknown annotation `-- +goose {shown}`: expected {} or {last}", others.join(", ")),
    }
}

/// The annotation that these words are most likely a slip for.
fn nearest(words: &str) -> Option<&'static str> {
    let words: Vec<char> = words.to_lowercase().chars().take(40).collect();
    ANNOTATIONS
        .iter()
        .map(|(name, _)| (edit_distance(&words, &name.to_lowercase().chars().collect::<Vec<_>>()), *name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 5)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many characters must be put in, taken out or changed to make `b` of `a`.
fn edit_distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_are_recognised() {
        for (line, annotation) in [
            ("-- +goose Up", Annotation::Up),
            ("--+goose up", Annotation::Up),
            ("-- Up +goose", Annotation::Up),
            ("-- +goose Up --", Annotation::Up),
            ("-- +goose   Down --", Annotation::Down),
            ("----+goose DOWN", Annotation::Down),
            ("--+gooseUp", Annotation::Up),
            ("-- +goose StatementBegin", Annotation::StatementBegin),
            ("-- +goose statementend", Annotation::StatementEnd),
            ("-- +goose No Transaction", Annotation::NoTransaction),
            ("-- +goose ENVSUB ON", Annotation::EnvsubOn),
            ("-- +goose envsub off\t", Annotation::EnvsubOff),
            // Refused by goose, accepted here:
            ("  -- +goose Up", Annotation::Up),
            ("\t--\t+goose Down", Annotation::Down),
            ("-- +goose Up -- the new columns", Annotation::Up),
            ("-- +goose Up --comment that says +goose", Annotation::Up),
        ] {
            assert_eq!(line_kind(line), LineKind::Annotation(annotation), "{line:?}");
        }
    }

    #[test]
    fn other_lines_are_text() {
        for line in [
            "",
            "SELECT '+goose Up';",
            "SELECT 1; -- +goose Up",
            "# +goose Up",
            "-- see the +goose docs",
            "-- the annotation is `-- +goose Up`",
            "-- +GOOSE Up",
            "-- -- plain",
            "-- +brantish",
            "-- see +brant ALLOW",
        ] {
            assert_eq!(line_kind(line), LineKind::Text, "{line:?}");
        }
    }

    #[test]
    fn own_annotations_are_collected() {
        for (line, words) in [
            ("-- +brant ALLOW ban-drop-table  reason ", "ALLOW ban-drop-table  reason"),
            ("  --+brant\tOUT OF ORDER", "OUT OF ORDER"),
            ("-- +brant", ""),
        ] {
            assert_eq!(line_kind(line), LineKind::Brant(words), "{line:?}");
        }
    }

    #[test]
    fn unknown_annotations_say_what_was_meant() {
        let all: String = [
            "-- +goose",
            "-- +goose Foo",
            "-- +goose Upp",
            "-- +goose Up;",
            "-- +goose NO  TRANSACTION",
            "-- +goose NOTRANSACTION",
            "-- +goose Statement Begin",
            "-- +goose StatementBegun",
            "-- +goose ENVSUBST ON",
            "-- +goose ENVSUB",
            "-- +goose Up +goose Down",
            "-- +goose Rollback -- and a comment",
        ]
        .map(|line| match line_kind(line) {
            LineKind::Unknown(message) => format!("{line}\n    {message}\n"),
            other => panic!("{line}: {other:?}"),
        })
        .concat();
        insta::assert_snapshot!(all);
    }
}
