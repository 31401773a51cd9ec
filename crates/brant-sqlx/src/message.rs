//! Where a message begins or ends a transaction, so that sqlx can be told of it.

/// What a message does to the transaction, at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect<'a> {
    /// It begins one.
    Begins,
    /// It commits it, after this.
    Commits(&'a str),
    /// It is a compound statement of MariaDB that commits it by itself.
    Committed,
    /// It rolls it back.
    RollsBack,
    /// None that is known.
    None,
}

/// Reads the forms that the engine sends (`…; BEGIN`, `BEGIN; SET …`, `…; COMMIT`), and the plain commands of scripts.
pub(crate) fn effect(message: &str) -> Effect<'_> {
    let message = message.trim_end_matches(|c: char| c == ';' || c.is_whitespace());
    let (before, last) = match message.rsplit_once("; ") {
        Some((before, last)) => (before, last),
        None => ("", message),
    };
    match last {
        "END */" => Effect::Committed,
        "BEGIN" => Effect::Begins,
        "COMMIT" => Effect::Commits(before),
        "ROLLBACK" => Effect::RollsBack,
        _ if message.starts_with("BEGIN; ") => Effect::Begins,
        _ if !before.is_empty() => Effect::None,
        _ if last.eq_ignore_ascii_case("BEGIN") => Effect::Begins,
        _ if last.eq_ignore_ascii_case("COMMIT") => Effect::Commits(""),
        _ if last.eq_ignore_ascii_case("ROLLBACK") => Effect::RollsBack,
        _ => Effect::None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Effect, effect};

    #[test]
    fn the_end_of_a_message_tells() {
        for (message, want) in [
            ("BEGIN", Effect::Begins),
            ("begin;\n", Effect::Begins),
            ("INSERT INTO j VALUES (1); BEGIN", Effect::Begins),
            ("COMMIT", Effect::Commits("")),
            ("INSERT INTO h VALUES (1); COMMIT", Effect::Commits("INSERT INTO h VALUES (1)")),
            ("BEGIN; SELECT set_config('lock_timeout', '2000', true)", Effect::Begins),
            ("BEGIN; SELECT 1; ROLLBACK", Effect::RollsBack),
            (
                "/*M!100101 BEGIN NOT ATOMIC */ INSERT INTO h VALUES (1); COMMIT /*M!100101 ; END */",
                Effect::Committed,
            ),
            ("BEGIN; SELECT 1; COMMIT", Effect::Commits("BEGIN; SELECT 1")),
            ("rollback;", Effect::RollsBack),
            ("ROLLBACK TO SAVEPOINT brant", Effect::None),
            ("INSERT INTO t VALUES ('; COMMIT')", Effect::None),
            ("BEGIN ISOLATION LEVEL READ COMMITTED; SELECT 1", Effect::None),
            ("", Effect::None),
        ] {
            assert_eq!(effect(message), want, "{message}");
        }
    }
}
