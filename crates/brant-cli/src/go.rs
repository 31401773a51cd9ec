//! How Go writes and reads durations, truth values and quoted text: what goose's users type, and what their scripts
//! read.

use std::fmt::Write as _;
use std::time::Duration;

pub(crate) use brant_core::parse_duration;

/// Rounds as goose does (to three or more significant digits) and writes as Go does: `12.34ms`, `1.5s`, `1m2s`.
pub(crate) fn format_duration(duration: Duration) -> String {
    format_nanos(round(duration.as_nanos()))
}

fn round(nanos: u128) -> u128 {
    for unit in [1_000_000_000_u128, 1_000_000, 1_000] {
        if nanos > unit {
            let step = unit / 100;
            return (nanos + step / 2) / step * step;
        }
    }
    nanos
}

fn format_nanos(nanos: u128) -> String {
    match nanos {
        0 => "0s".to_owned(),
        1..1_000 => format!("{nanos}ns"),
        1_000..1_000_000 => format!("{}µs", decimal(nanos, 1_000)),
        1_000_000..1_000_000_000 => format!("{}ms", decimal(nanos, 1_000_000)),
        _ => {
            let seconds = nanos / 1_000_000_000;
            let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
            let mut text = String::new();
            if hours > 0 {
                let _ = write!(text, "{hours}h");
            }
            if seconds >= 60 {
                let _ = write!(text, "{minutes}m");
            }
            let _ = write!(text, "{}s", decimal(nanos % 60_000_000_000, 1_000_000_000));
            text
        }
    }
}

/// `nanos / unit` with as many decimals as it takes and no trailing zeros.
fn decimal(nanos: u128, unit: u128) -> String {
    let (whole, fraction) = (nanos / unit, nanos % unit);
    if fraction == 0 {
        return whole.to_string();
    }
    let width = unit.ilog10() as usize;
    format!("{whole}.{}", format!("{fraction:0width$}").trim_end_matches('0'))
}

/// Reads a truth value as Go's `ParseBool` does.
pub(crate) fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// Quotes text as Go's `%q` does.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\0'..' ' | '\u{7f}' => {
                let _ = write!(quoted, "\\x{:02x}", u32::from(c));
            }
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_durations_as_goose_does() {
        for (nanos, text) in [
            (0, "0s"),
            (7, "7ns"),
            (1_000, "1µs"),
            (1_234, "1.23µs"),
            (123_456, "123.46µs"),
            (1_000_000, "1ms"),
            (1_234_567, "1.23ms"),
            (12_345_678, "12.35ms"),
            (999_999_999, "1s"),
            (1_504_999_999, "1.5s"),
            (61_000_000_000, "1m1s"),
            (3_600_000_000_001, "1h0m0s"),
        ] {
            assert_eq!(format_duration(Duration::from_nanos(nanos)), text, "{nanos}");
        }
    }

    #[test]
    fn quotes_as_go_does() {
        assert_eq!(quote("a\"b\\c\nd\u{1}é"), r#""a\"b\\c\nd\x01é""#);
    }
}
