//! MySQL and MariaDB.

use crate::ErrorKind;

/// The errors that mean that the statement was cancelled, by a person or by a time limit of the server.
///
/// 1317 `ER_QUERY_INTERRUPTED`, 1969 `ER_STATEMENT_TIMEOUT` (MariaDB), 3024 `ER_QUERY_TIMEOUT` (MySQL).
const CANCELLED: [u16; 3] = [1317, 1969, 3024];

/// The errors after which the connection is of no use.
///
/// 1053 server shutdown, 1927 connection killed (MariaDB), 2006 and 2013 gone, 4031 idle for too long (MySQL).
const CLOSED: [u16; 5] = [1053, 1927, 2006, 2013, 4031];

/// `ER_NO_SUCH_THREAD`: there is nothing left to kill.
pub const NO_SUCH_THREAD: i64 = 1094;

/// What sort of failure of a statement that number means.
#[must_use]
pub fn kind(number: u16) -> ErrorKind {
    if CANCELLED.contains(&number) {
        ErrorKind::Cancelled
    } else if CLOSED.contains(&number) {
        ErrorKind::Closed
    } else {
        ErrorKind::Statement
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_the_number() {
        for number in [1317, 1969, 3024] {
            assert_eq!(kind(number), ErrorKind::Cancelled);
        }
        for number in [1053, 1927, 2006, 2013, 4031] {
            assert_eq!(kind(number), ErrorKind::Closed);
        }
        assert_eq!(kind(1064), ErrorKind::Statement);
    }
}
