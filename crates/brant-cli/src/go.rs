//! How Go writes and reads durations, truth values and quoted text: what goose's users type, and what their scripts
//! read.

use std::fmt::Write as _;
use std::time::Duration;

const NANOS: [(&str, u128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000), // U+00B5, the micro sign
    ("μs", 1_000), // U+03BC, the Greek letter
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Reads a duration such as `500ms`, `1.5s` or `1h30m`; `None` if it is malformed, negative or far too long.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    let mut nanos: u128 = 0;
    loop {
        let (value, after) = take_component(rest)?;
        nanos = nanos.checked_add(value)?;
        rest = after;
        if rest.is_empty() {
            return u64::try_from(nanos).ok().map(Duration::from_nanos);
        }
    }
}

/// Takes one number with its unit: `1.5s` of `1.5s20ms`.
fn take_component(text: &str) -> Option<(u128, &str)> {
    let number_end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, rest) = text.split_at(number_end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let unit_end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit_end);
    let scale = NANOS.iter().find(|(name, _)| *name == unit)?.1;
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    // Nineteen digits are below a nanosecond of an hour already.
    let fraction = &fraction[..fraction.len().min(19)];
    let part = if fraction.is_empty() {
        0
    } else {
        fraction.parse::<u128>().ok()? * scale / 10_u128.pow(u32::try_from(fraction.len()).ok()?)
    };
    Some((whole.checked_mul(scale)?.checked_add(part)?, rest))
}

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
    fn reads_durations_as_go_does() {
        for (text, nanos) in [
            ("0", 0),
            ("0s", 0),
            ("500ms", 500_000_000),
            ("1.5s", 1_500_000_000),
            (".5s", 500_000_000),
            ("1.s", 1_000_000_000),
            ("+1h30m", 5_400_000_000_000),
            ("3us", 3_000),
            ("3µs", 3_000),
            ("3μs", 3_000),
            ("1h2m3s4ms5us6ns", 3_723_004_005_006),
        ] {
            assert_eq!(parse_duration(text), Some(Duration::from_nanos(nanos)), "{text}");
        }
        for text in ["", "5", "-5s", "s", ".s", "1..2s", "5 s", "5x", "1s5", "99999999999999h"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

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
