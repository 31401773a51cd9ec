//! Who keeps a statement waiting.

use std::fmt;
use std::time::Duration;

/// A session that holds what a statement waits for, as the server tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Blocker {
    /// The number by which the server knows it.
    pub session: i64,
    /// The user it is logged in as.
    pub user: Option<String>,
    /// The name that its program gave itself.
    pub application: Option<String>,
    /// Where it comes from.
    pub host: Option<String>,
    /// What it is doing, in the server's words: `idle in transaction`, `Sleep`.
    pub state: Option<String>,
    /// For how long its transaction is open.
    pub open_for: Option<Duration>,
    /// Its statement, or the last one: shortened and without passwords.
    pub query: Option<String>,
    /// The server says that it is this one; otherwise it is only likely.
    pub certain: bool,
}

impl fmt::Display for Blocker {
    /// `session 4711 (user bob, app, from 10.0.0.7, idle in transaction, open for 12 s): SELECT 1`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let likely = if self.certain { "" } else { "perhaps " };
        write!(f, "{likely}session {}", self.session)?;
        let user = self.user.as_ref().map(|user| format!("user {user}"));
        let host = self.host.as_ref().map(|host| format!("from {host}"));
        let age = self.open_for.map(|age| format!("open for {} s", age.as_secs()));
        let facts: Vec<String> =
            [user, self.application.clone(), host, self.state.clone(), age].into_iter().flatten().collect();
        if !facts.is_empty() {
            write!(f, " ({})", facts.join(", "))?;
        }
        match &self.query {
            Some(query) => write!(f, ": {query}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_with_what_is_known() {
        let text = |text: &str| Some(text.to_owned());
        let all = Blocker {
            session: 7,
            user: text("bob"),
            application: text("psql"),
            host: text("10.0.0.7"),
            state: text("idle in transaction"),
            open_for: Some(Duration::from_secs(12)),
            query: text("SELECT 1"),
            certain: true,
        };
        let told = "session 7 (user bob, psql, from 10.0.0.7, idle in transaction, open for 12 s): SELECT 1";
        assert_eq!(all.to_string(), told);
        assert_eq!(Blocker { session: 8, ..Blocker::default() }.to_string(), "perhaps session 8");
    }
}
