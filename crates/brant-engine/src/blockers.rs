//! Who keeps a session waiting, as a server tells it.

use std::time::Duration;

use brant_core::Blocker;
use brant_driver::Row;
use brant_sql::mask_passwords;

/// How much of a statement is shown.
const QUERY_SHOWN: usize = 120;

/// What such a row tells.
pub(crate) fn blocker(row: &Row) -> Option<Blocker> {
    let text = |i: usize| row.get(i).cloned().flatten().filter(|text| !text.is_empty());
    let mut blocker = Blocker::default();
    blocker.session = text(0)?.parse().ok()?;
    (blocker.user, blocker.application, blocker.host, blocker.state) = (text(1), text(2), text(3), text(4));
    blocker.open_for = text(5).and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
    blocker.query = text(6).map(|query| shown(&query));
    blocker.certain = matches!(text(7).as_deref(), Some("t" | "1"));
    Some(blocker)
}

/// A statement as one short line, without passwords.
fn shown(query: &str) -> String {
    let line = mask_passwords(query).split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(QUERY_SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_one_short_line_without_passwords() {
        assert_eq!(shown("ALTER ROLE r\n\tPASSWORD 'geheim'"), "ALTER ROLE r PASSWORD '***'");
        assert_eq!(shown(&"x".repeat(200)).chars().count(), QUERY_SHOWN + 1);
    }

    #[test]
    fn what_is_not_told_is_left_out() {
        let row = ["7", "bob", "", "", "idle", "12", "SELECT 1", "t"].map(|text| Some(text.to_owned()));
        let told = blocker(&row.to_vec()).unwrap().to_string();
        assert_eq!(told, "session 7 (user bob, idle, open for 12 s): SELECT 1");
        let bare = [Some("7".to_owned()), None, None, None, None, None, None, Some("0".to_owned())];
        assert_eq!(blocker(&bare.to_vec()).unwrap().to_string(), "perhaps session 7");
    }
}
