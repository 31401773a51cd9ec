//! How durations are written.

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
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
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
}
