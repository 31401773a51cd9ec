//! Run-time parameters, as the server reads them when a session starts.

/// Joins the user's own command-line options and run-time parameters into one text for the server.
///
/// The parameters come last: of two settings with one name the server takes the later, and a key that stands on its own
/// is stronger than one within `options`, as when other clients send it separately.
pub(super) fn join(options: Option<&str>, parameters: &[(String, String)]) -> Option<String> {
    let own = options.map(str::to_owned);
    let parameters = parameters.iter().map(|(key, value)| format!("-c {key}={}", escape(value)));
    let all: Vec<String> = own.into_iter().chain(parameters).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

/// The server splits at blanks that have no backslash before them, and drops one backslash before any character.
fn escape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, '\\' | ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn parameters_are_escaped_and_come_last() {
        let own = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
        };
        type Row = (Option<&'static str>, &'static [(&'static str, &'static str)], Option<&'static str>);
        let table: &[Row] = &[
            (None, &[], None),
            (Some("-c geqo=off"), &[], Some("-c geqo=off")),
            (None, &[("search_path", "a, b")], Some("-c search_path=a,\\ b")),
            (None, &[("x.y", "back\\slash\ttab")], Some("-c x.y=back\\\\slash\\\ttab")),
            (None, &[("role", "")], Some("-c role=")),
            (Some("-c a=1"), &[("a", "2"), ("b", "3")], Some("-c a=1 -c a=2 -c b=3")),
        ];
        for (options, parameters, want) in table {
            assert_eq!(join(*options, &own(parameters)).as_deref(), *want);
        }
    }
}
