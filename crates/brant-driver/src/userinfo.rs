//! User and password of a URL, which people paste as they are: no escapes are needed as long as only one reading of the
//! whole makes sense.

use crate::drivers::{hex_pair, percent_decode};

/// Why a URL with several readings is refused.
pub(crate) const UNCLEAR: &str = "it is not clear where the password ends: in it write `/` as `%2F`, `?` as `%3F`, `#` as \
                                  `%23` and `@` as `%40` (`@` in a parameter too)";

/// Where user and password may end: each `@` with a place behind it; `None` where the whole is a place.
pub(crate) fn ends(rest: &str, is_place: impl Fn(&str) -> bool) -> Vec<Option<usize>> {
    let whole = std::iter::once(None);
    let ats = rest.match_indices('@').map(|(at, _)| Some(at));
    whole.chain(ats).filter(|at| is_place(behind(rest, *at))).collect()
}

/// What follows user and password.
pub(crate) fn behind(rest: &str, end: Option<usize>) -> &str {
    end.map_or(rest, |at| &rest[at + 1..])
}

/// Decodes user or password. A `%` that begins no escape stands for itself.
///
/// # Errors
///
/// When the escapes are not those of a text; the place is not shown, since it is part of a password.
pub(crate) fn decode(what: &str, text: &str) -> Result<String, String> {
    let bytes = text.as_bytes();
    let is_escape = |at: usize| hex_pair(&bytes[at..bytes.len().min(at + 3)]).is_some();
    let escape = |(at, letter)| match letter {
        '%' if !is_escape(at) => "%25".to_owned(),
        letter => letter.to_string(),
    };
    let escaped: String = text.char_indices().map(escape).collect();
    percent_decode(&escaped, false).map_err(|_| {
        format!(
            "the {what} holds a `%` that reads as an escape of something that is no text: write it as `%25`"
        )
    })
}
