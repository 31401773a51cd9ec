//! Masks for what differs from one run to the next.

use std::sync::OnceLock;

use regex::Regex;

/// Replaces durations, times, ports and given words by fixed marks, so that whole outputs can be compared.
///
/// ```
/// let redactor = brant_testkit::Redactor::new().mask("/tmp/x", "DIR");
/// assert_eq!(redactor.apply("OK    /tmp/x/1_a.sql (12.34ms)"), "OK    DIR/1_a.sql (DUR)");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    words: Vec<(String, String)>,
}

const TIME: &str = "TIME";

/// Pattern and mark, in the order in which they are applied.
const PATTERNS: [(&str, &str); 7] = [
    // Go's and our durations in parentheses: (1.5s), (2m3.4s), (512µs)
    (r"\(([0-9]+(\.[0-9]+)?(ns|µs|us|ms|s|m|h))+\)", "(DUR)"),
    (
        r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?( ?(Z|UTC)|[+-][0-9]{2}(:?[0-9]{2})?)?",
        TIME,
    ),
    (r"\b[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", TIME),
    (
        r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 0-9][0-9] [0-9:]{8} [0-9]{4}",
        TIME,
    ),
    (r"\b20[0-9]{12}\b", "STAMP"),
    (r"\b20[0-9]{12}_", "STAMP_"),
    (r"(127\.0\.0\.1:|localhost:|port=|port )[0-9]{2,5}\b", "${1}PORT"),
];

impl Redactor {
    /// One that knows the patterns alone.
    pub fn new() -> Self {
        Redactor::default()
    }

    /// Also replaces this word wherever it stands, before the patterns.
    #[must_use]
    pub fn mask(mut self, word: impl Into<String>, mark: &str) -> Self {
        let word = word.into();
        if !word.is_empty() {
            self.words.push((word, mark.to_owned()));
        }
        self
    }

    /// The text with everything replaced.
    pub fn apply(&self, text: &str) -> String {
        let masked = self.words.iter().fold(text.to_owned(), |text, (word, mark)| text.replace(word, mark));
        patterns().iter().fold(masked, |text, (pattern, mark)| pattern.replace_all(&text, *mark).into_owned())
    }
}

fn patterns() -> &'static [(Regex, &'static str)] {
    static PARSED: OnceLock<Vec<(Regex, &'static str)>> = OnceLock::new();
    PARSED.get_or_init(|| {
        let parse = |(text, mark)| (Regex::new(text).unwrap_or_else(|why| panic!("{why}")), mark);
        PATTERNS.into_iter().map(parse).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_what_changes_and_keeps_the_rest() {
        let cases = [
            ("OK    1_a.sql (1m2.5s)", "OK    1_a.sql (DUR)"),
            ("EMPTY 1_a.sql (512µs)", "EMPTY 1_a.sql (DUR)"),
            ("Mon Jan  2 15:04:05 2006 -- 1_a.sql", "TIME -- 1_a.sql"),
            ("2026/01/02 03:04:05 goose: x", "TIME goose: x"),
            ("at 2026-01-02T03:04:05.123+01:00.", "at TIME."),
            ("at 2026-01-02 03:04:05 UTC", "at TIME"),
            ("20260102030405_a.sql", "STAMP_a.sql"),
            ("version 20260102030405", "version STAMP"),
            ("tcp(127.0.0.1:43210)/x port=43210", "tcp(127.0.0.1:PORT)/x port=PORT"),
            ("version 12 (3 pending)", "version 12 (3 pending)"),
        ];
        for (text, want) in cases {
            assert_eq!(Redactor::new().apply(text), want);
        }
    }

    #[test]
    fn words_go_before_patterns() {
        let redactor = Redactor::new().mask("/dev/shm/x", "DIR").mask("", "NOTHING");
        assert_eq!(redactor.apply("/dev/shm/x/a"), "DIR/a");
    }
}
