//! From the bytes of a file to its text.

use brant_core::Position;

use super::Fault;

/// The text of a file, and how many bytes stand before it (a byte order mark).
pub(crate) fn decode(bytes: &[u8]) -> Result<(&str, usize), Fault> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(Fault::at(Position { line: 1, column: 1 }, "the file is UTF-16, and not UTF-8")
            .remedy("save it as UTF-8 (`iconv -f UTF-16 -t UTF-8` does that)"));
    }
    let base = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let text = std::str::from_utf8(&bytes[base..]).map_err(|e| {
        let offset = base + e.valid_up_to();
        let byte = bytes[offset];
        let valid = std::str::from_utf8(&bytes[base..offset]).unwrap_or_default();
        let message = format!("byte 0x{byte:02x} at offset {offset} is not UTF-8");
        Fault::at(Position::behind(valid), message)
            .remedy("save the file as UTF-8 (`iconv -f LATIN1 -t UTF-8` does that if it is Latin-1)")
    })?;
    if let Some(i) = text.find('\0') {
        let message =
            format!("NUL byte at offset {}: no server takes it, and a text file holds none", base + i);
        return Err(Fault::at(Position::behind(&text[..i]), message)
            .remedy("remove it, or save the file as UTF-8 if it is full of them"));
    }
    Ok((text, base))
}
