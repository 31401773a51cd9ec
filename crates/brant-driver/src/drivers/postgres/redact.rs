//! Connection strings that are fit to be shown.

use std::ops::Range;

use super::dsn::Pair;
use super::{dsn, url};

const MASK: &str = "***";

/// The keys whose values are secret.
const SECRETS: &[&str] =
    &["password", "sslpassword", "scram_client_key", "scram_server_key", "oauth_client_secret"];

/// Masks the passwords of a connection string and leaves everything else as it is.
///
/// Also right for strings that cannot be parsed: of those, rather too much is masked than too little.
///
/// ```
/// use brant_driver::drivers::postgres::redact;
/// assert_eq!(redact("postgres://me:hunter2@db/shop"), "postgres://me:***@db/shop");
/// assert_eq!(redact("user=me password='a \\' b' host=db"), "user=me password=*** host=db");
/// ```
#[must_use]
pub fn redact(dbstring: &str) -> String {
    let spans = match dsn::pairs(dbstring) {
        Ok(pairs) => {
            let secret = |pair: &Pair| SECRETS.contains(&pair.key.as_str()) || holds_password(&pair.value);
            pairs.into_iter().filter(secret).map(|pair| pair.span).collect()
        }
        Err(_) => suspicious(dbstring),
    };
    mask(dbstring, spans)
}

/// `Server=h;Password=pw` is one pair here, though its author thinks it to be two.
fn holds_password(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    ["password=", "pwd="].iter().any(|key| value.contains(key))
}

fn mask(dbstring: &str, mut spans: Vec<Range<usize>>) -> String {
    spans.retain(|span| !span.is_empty());
    spans.sort_by_key(|span| span.start);
    let (mut text, mut at) = (String::new(), 0);
    for span in spans {
        if span.start >= at {
            text.push_str(&dbstring[at..span.start]);
            text.push_str(MASK);
        }
        at = at.max(span.end);
    }
    text + &dbstring[at..]
}

/// What may be secret in a string that cannot be parsed: what follows the first `:` up to the last `@`, the query
/// of a URL, and everything after a key that sounds secret, for there is no telling where its value ends.
fn suspicious(dbstring: &str) -> Vec<Range<usize>> {
    let end = dbstring.len();
    let scheme = url::rest(dbstring);
    let start = scheme.unwrap_or(0);
    let parts = scheme.map(|start| url::parts(dbstring, start));
    // Where even the parts are not clear, any `?` or `@` may be the password's own.
    let is_unclear = parts.as_ref().is_some_and(Result::is_err);
    let query = parts.and_then(Result::ok).map(|parts| parts.query);
    let before_query = query.as_ref().map_or(end, |query| query.start);
    let scope = if dbstring[start..before_query].contains('@') { before_query } else { end };
    // Without any `@`, a `:` may still be the one between user and password.
    let at = dbstring[start..scope].rfind('@').filter(|_| !is_unclear);
    let password = url::password(dbstring, &(start..at.map_or(scope, |at| start + at)));
    let lower = dbstring.to_ascii_lowercase();
    let key = ["pass", "secret", "scram_"].iter().filter_map(|word| lower[start..].find(word)).min();
    let value = key.map(|key| lower[start + key..].find('=').map_or(start + key, |at| start + key + at + 1));
    password.into_iter().chain(query).chain(value.map(|value| value..end)).collect()
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn only_passwords_are_masked() {
        for (dbstring, want) in [
            ("postgres://h/db", "postgres://h/db"),
            ("postgres://u@h:1/db", "postgres://u@h:1/db"),
            ("postgres://u:@h/db", "postgres://u:@h/db"),
            ("postgres://u:pw@h/db?sslmode=disable", "postgres://u:***@h/db?sslmode=disable"),
            ("postgres://:pw@h", "postgres://:***@h"),
            ("postgres://u:p@w@h/db", "postgres://u:***@h/db"),
            ("postgres://u:p:w@h/db", "postgres://u:***@h/db"),
            ("postgres://u:p#w@h/db", "postgres://u:***@h/db"),
            ("postgres://u:p w@h/db", "postgres://u:***@h/db"),
            ("postgres://u:p%40%2Fw@h/db", "postgres://u:***@h/db"),
            ("postgres://u:pä@h/ä", "postgres://u:***@h/ä"),
            ("postgres://u:p?w@h/db", "postgres://u:***@h/db"),
            ("postgres://u:p/w@h/db?x=y&password=z", "postgres://u:***@h/db?x=y&password=***"),
            (
                "postgres://u@h/db?password=p%26w&sslmode=disable",
                "postgres://u@h/db?password=***&sslmode=disable",
            ),
            ("postgres://u:pw@h/db?password=pw2", "postgres://u:***@h/db?password=***"),
            ("postgres://h?pass%77ord=pw&user=a@b", "postgres://h?pass%77ord=***&user=a@b"),
            ("postgres://h?sslpassword=pw", "postgres://h?sslpassword=***"),
            ("host=h user=u", "host=h user=u"),
            ("host=h password=pw user=u", "host=h password=*** user=u"),
            ("host=h password = 'p w' user=u", "host=h password = *** user=u"),
            (r"host=h password='it\'s \\' user=u", "host=h password=*** user=u"),
            (r"host=h password=p\'\ w user=u", "host=h password=*** user=u"),
            ("host=h password=p@w:/#%ä", "host=h password=***"),
            ("host=h PASSWORD=pw", "host=h PASSWORD=***"),
            ("host=h password='' user=u", "host=h password=*** user=u"),
            ("password=a password=b", "password=*** password=***"),
            ("Server=h;Password=pw;Database=db", "Server=***"),
            ("", ""),
        ] {
            assert_eq!(redact(dbstring), want);
        }
    }

    #[test]
    fn of_broken_strings_rather_too_much_is_masked() {
        for (dbstring, want) in [
            ("foo", "foo"),
            ("postgres://u:12/w@h", "postgres://u:***"),
            ("postgres://u:12?w=x@h/db", "postgres://u:***"),
            ("postgres://u:p%ff@h/db?user=u@x", "postgres://u:***@h/db?***"),
            ("postgres://h/db?pass%77ord=pw&x", "postgres://h/db?***"),
            ("postgres://u:p/wh", "postgres://u:***"),
            ("postgres://h:x/db", "postgres://h:***"),
            ("me:pw", "me:***"),
            ("root:pw@tcp(h)/db", "root:***@tcp(h)/db"),
            ("host=h password=p w host=h", "host=h password=***"),
            ("host=h password='p w", "host=h password=***"),
            ("host=h user='it''s' password=pw", "host=h user='it''s' password=***"),
        ] {
            assert_eq!(redact(dbstring), want);
        }
    }
}
