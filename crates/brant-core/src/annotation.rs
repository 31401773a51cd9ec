//! What `-- +brant` comments say.

use std::time::Duration;

use crate::{Annotation, Limits, nearest, parse_duration};

/// The first words of every annotation. What is said of a migration as a whole is read here, the rest by whoever it is
/// for.
const KNOWN: &[&str] = &[
    "ALLOW",
    "IRREVERSIBLE",
    "LOCK TIMEOUT",
    "NO TRANSACTION",
    "OUT OF ORDER",
    "RETRY FOR",
    "STATEMENT TIMEOUT",
];

/// An annotation that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadAnnotation {
    /// Its line in the file, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// The limits that a file sets itself.
///
/// # Errors
///
/// When a duration is malformed, or a limit is set twice.
pub fn limits(annotations: &[Annotation]) -> Result<Limits, BadAnnotation> {
    let mut limits = Limits::default();
    for annotation in annotations {
        let Some((name, rest)) = split(&annotation.text) else { continue };
        let place = match name {
            "LOCK TIMEOUT" => &mut limits.lock,
            "STATEMENT TIMEOUT" => &mut limits.statement,
            "RETRY FOR" => &mut limits.retry_for,
            _ => continue,
        };
        let bad = |message| BadAnnotation { line: annotation.line, message };
        let duration = duration(name, rest).map_err(bad)?;
        if place.replace(duration).is_some() {
            return Err(bad(format!("`-- +brant {name}` stands here for the second time")));
        }
    }
    Ok(limits)
}

fn duration(name: &str, text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| {
        format!("`-- +brant {name}` needs a duration such as 500ms, 2s or 5m after it, and `{text}` is none")
    })
}

/// Those that nobody understands: their lines, and what to say about them.
pub fn unknown(annotations: &[Annotation]) -> impl Iterator<Item = (usize, String)> {
    annotations.iter().filter(|annotation| split(&annotation.text).is_none()).map(|annotation| {
        let words = head(&annotation.text, 2);
        let upper = words.to_uppercase();
        let known = KNOWN.iter().copied();
        let meant = nearest(&upper, known.clone()).or_else(|| nearest(&head(&upper, 1), known));
        let advice = meant.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
        (annotation.line, format!("`-- +brant {words}` is not known, and has no effect{advice}"))
    })
}

/// The name of a known annotation, and what follows it.
fn split(text: &str) -> Option<(&'static str, &str)> {
    KNOWN.iter().find_map(|name| {
        let (head, rest) = text.split_at_checked(name.len())?;
        let ends = rest.is_empty() || rest.starts_with(char::is_whitespace);
        (ends && head.eq_ignore_ascii_case(name)).then(|| (*name, rest.trim()))
    })
}

/// The first words.
fn head(text: &str, n: usize) -> String {
    text.split_whitespace().take(n).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(lines: &[&str]) -> Vec<Annotation> {
        let annotation = |(i, text): (usize, &&str)| Annotation { text: (*text).to_owned(), line: i + 1 };
        lines.iter().enumerate().map(annotation).collect()
    }

    #[test]
    fn limits_are_read() {
        let read = limits(&file(&["LOCK TIMEOUT 500ms", "retry for 2m", "ALLOW x", "STATEMENT TIMEOUT 0"]));
        let limits = Limits {
            lock: Some(Duration::from_millis(500)),
            statement: Some(Duration::ZERO),
            retry_for: Some(Duration::from_secs(120)),
        };
        assert_eq!(read, Ok(limits));
    }

    #[test]
    fn what_makes_no_sense_is_told_with_its_line() {
        for (lines, line, words) in [
            (&["ALLOW x", "LOCK TIMEOUT"][..], 2, "needs a duration"),
            (&["LOCK TIMEOUT 5"], 1, "`5` is none"),
            (&["RETRY FOR ever"], 1, "`ever` is none"),
            (&["LOCK TIMEOUT 5s", "LOCK TIMEOUT 6s"], 2, "second time"),
        ] {
            let bad = limits(&file(lines)).unwrap_err();
            assert_eq!(bad.line, line, "{lines:?}");
            assert!(bad.message.contains(words), "{}", bad.message);
        }
    }

    #[test]
    fn slips_are_recognised() {
        let told = |text| unknown(&file(&[text])).map(|(_, message)| message).collect::<String>();
        for (text, meant) in [
            ("LOCK TIMEOUT 2s", None),
            ("IRREVERSIBLE", None),
            ("LOKC TIMEOUT 2s", Some("LOCK TIMEOUT")),
            ("LOCKTIMEOUT 2s", Some("LOCK TIMEOUT")),
            ("retry 2s", Some("RETRY FOR")),
            ("IREVERSIBLE because", Some("IRREVERSIBLE")),
        ] {
            let wanted = meant.map(|name| format!("; did you mean `{name}`?"));
            assert_eq!(
                told(text).split_once("no effect").map(|(_, advice)| advice.to_owned()),
                wanted,
                "{text}"
            );
        }
        assert!(told("FROBNICATE all").ends_with("no effect"));
    }
}
