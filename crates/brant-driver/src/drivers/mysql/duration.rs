//! Durations as Go writes them: `1m30s`, `500ms`, `1.5h`.

use std::time::Duration;

/// The units, with their length in nanoseconds; longer names before the shorter ones that begin them.
const UNITS: [(&str, f64); 8] =
    [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9)];

/// Reads a duration. The errors are those of Go's `time.ParseDuration`.
pub(super) fn parse_go_duration(text: &str) -> Result<Duration, String> {
    let invalid = || format!("time: invalid duration {text:?}");
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.starts_with('-') {
        return Err(format!("negative duration {text:?}"));
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut nanoseconds = 0.0;
    while !rest.is_empty() {
        let is_number = |letter: char| letter.is_ascii_digit() || letter == '.';
        let (number, tail) = rest.split_at(rest.find(|letter| !is_number(letter)).unwrap_or(rest.len()));
        let value: f64 = number.parse().map_err(|_| invalid())?;
        let (unit, tail) = tail.split_at(tail.find(is_number).unwrap_or(tail.len()));
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {text:?}"));
        }
        let Some((_, length)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(format!("time: unknown unit {unit:?} in duration {text:?}"));
        };
        nanoseconds += value * length;
        rest = tail;
    }
    Duration::try_from_secs_f64(nanoseconds / 1e9).map_err(|_| invalid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        let good = [
            ("0", 0),
            ("0s", 0),
            ("5s", 5_000),
            ("+5s", 5_000),
            ("500ms", 500),
            ("1m30s", 90_000),
            ("1.5h", 5_400_000),
            (".5s", 500),
            ("1000us", 1),
            ("1000µs", 1),
        ];
        for (text, milliseconds) in good {
            assert_eq!(parse_go_duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        let bad = [
            ("5", "time: missing unit in duration \"5\""),
            ("", "time: invalid duration \"\""),
            ("x", "time: invalid duration \"x\""),
            (".s", "time: invalid duration \".s\""),
            ("1.2.3s", "time: invalid duration \"1.2.3s\""),
            ("5x", "time: unknown unit \"x\" in duration \"5x\""),
            ("1s5", "time: missing unit in duration \"1s5\""),
            ("-5s", "negative duration \"-5s\""),
            ("999999999999999999999h", "time: invalid duration \"999999999999999999999h\""),
        ];
        for (text, error) in bad {
            assert_eq!(parse_go_duration(text), Err(error.to_owned()), "{text}");
        }
    }
}
