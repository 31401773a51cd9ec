//! Large and deep texts: time grows with the length of the text, and the stack does not grow at all.
//!
//! The bounds are loose, for slow machines and builds without optimisation; quadratic time would miss them by far.

use std::time::{Duration, Instant};

use brant_sql::{DIALECTS, split};

const MEGABYTE: usize = 1 << 20;

fn check(what: &str, text: &str) {
    for dialect in DIALECTS {
        let start = Instant::now();
        let result = split(text, *dialect);
        let taken = start.elapsed();
        assert!(
            taken < Duration::from_secs(20),
            "{what} in {}: {taken:?}, {}",
            dialect.name(),
            result.is_ok()
        );
    }
}

#[test]
fn long_texts_take_linear_time() {
    check("many statements", &"INSERT INTO t (a, b) VALUES (1, 'x');\n".repeat(200_000));
    check("one line of statements", &"SELECT 1; ".repeat(MEGABYTE / 10));
    check("one long string", &format!("SELECT '{}';", "x''".repeat(MEGABYTE)));
    check("one long statement", &format!("INSERT INTO t VALUES {}(1);", "(1, 'a'), ".repeat(MEGABYTE / 10)));
    check("empty statements", &";".repeat(MEGABYTE));
    check("blanks", &format!("SELECT 1;{}", " ".repeat(4 * MEGABYTE)));
    check("strings far apart", &format!("SELECT {}", "E'a' \n\n\n\n -- c\n".repeat(MEGABYTE / 16)));
}

#[test]
fn what_is_left_open_is_not_searched_for_again() {
    check("dollars", &"$a".repeat(MEGABYTE));
    check("tags that never open", &"$a b ".repeat(MEGABYTE / 5));
    check("parameters", &"$1".repeat(MEGABYTE));
    check("backslashes", &format!("SELECT '{}", "\\".repeat(MEGABYTE)));
    check("delimiters in words", &format!("DELIMITER $$\n{}", "a$".repeat(MEGABYTE)));
}

#[test]
fn depth_costs_no_stack() {
    check("comments", &format!("{}{}SELECT 1;", "/*".repeat(MEGABYTE), "*/".repeat(MEGABYTE)));
    check("executable comments", &"/*!".repeat(MEGABYTE));
    check("parentheses", &"(".repeat(MEGABYTE));
    check("blocks", &format!("CREATE PROCEDURE p() {}", "BEGIN ".repeat(MEGABYTE / 6)));
    check("cases", &format!("CREATE TRIGGER t BEFORE INSERT ON x BEGIN {}", "CASE ".repeat(MEGABYTE / 5)));
}
