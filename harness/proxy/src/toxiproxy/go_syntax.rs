//! What Go's JSON parser says of a text that is no JSON, word for word: that is what users of Toxiproxy's API search for.
//! Knows no values; a text is only looked at once a real parser has refused it.

/// The text ends before its value does.
pub(super) const TOO_SHORT: &str = "unexpected EOF";

const VALUE: &str = "looking for beginning of value";
const KEY: &str = "looking for beginning of object key string";

/// The first mistake of the first value. `None` where Go would find none.
pub(super) fn complaint(text: &[u8]) -> Option<String> {
    Scan { text, at: 0 }.value().err().map(|found| match found {
        Some((byte, where_)) => format!("invalid character {} {where_}", quoted(byte)),
        None => TOO_SHORT.to_owned(),
    })
}

/// A byte and where it stands wrong; `None` is the end of the text.
type Found = Option<(u8, String)>;

struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn next(&mut self) -> Result<u8, Found> {
        let byte = self.text.get(self.at).copied().ok_or(None)?;
        self.at += 1;
        Ok(byte)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// The next one that is no white space.
    fn next_seen(&mut self) -> Result<u8, Found> {
        loop {
            match self.next()? {
                b' ' | b'\t' | b'\r' | b'\n' => {}
                byte => return Ok(byte),
            }
        }
    }

    /// One value with all that is in it. The open brackets are a list, not calls: a text may open any number.
    fn value(&mut self) -> Result<(), Found> {
        let mut open: Vec<u8> = Vec::new();
        let mut byte = self.next_seen()?;
        loop {
            match byte {
                b'{' => {
                    byte = self.next_seen()?;
                    if byte != b'}' {
                        open.push(b'}');
                        byte = self.key(byte)?;
                        continue;
                    }
                }
                b'[' => {
                    byte = self.next_seen()?;
                    if byte != b']' {
                        open.push(b']');
                        continue;
                    }
                }
                b'"' => self.string()?,
                b'-' | b'0'..=b'9' => self.number(byte)?,
                b't' => self.literal("true")?,
                b'f' => self.literal("false")?,
                b'n' => self.literal("null")?,
                _ => return wrong(byte, VALUE),
            }
            // Behind a value: the next one, or the end of what is open.
            byte = loop {
                let Some(close) = open.last().copied() else { return Ok(()) };
                match self.next_seen()? {
                    b',' if close == b']' => break self.next_seen()?,
                    b',' => {
                        let first = self.next_seen()?;
                        break self.key(first)?;
                    }
                    byte if byte == close => {
                        open.pop();
                    }
                    byte if close == b']' => return wrong(byte, "after array element"),
                    byte => return wrong(byte, "after object key:value pair"),
                };
            };
        }
    }

    /// A key that begins with this byte, and its colon; the first byte of its value.
    fn key(&mut self, first: u8) -> Result<u8, Found> {
        if first != b'"' {
            return wrong(first, KEY);
        }
        self.string()?;
        match self.next_seen()? {
            b':' => self.next_seen(),
            byte => wrong(byte, "after object key"),
        }
    }

    fn string(&mut self) -> Result<(), Found> {
        loop {
            match self.next()? {
                b'"' => return Ok(()),
                b'\\' => match self.next()? {
                    b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => {}
                    b'u' => {
                        for _ in 0..4 {
                            match self.next()? {
                                digit if digit.is_ascii_hexdigit() => {}
                                byte => return wrong(byte, "in \\u hexadecimal character escape"),
                            }
                        }
                    }
                    byte => return wrong(byte, "in string escape code"),
                },
                byte if byte < b' ' => return wrong(byte, "in string literal"),
                _ => {}
            }
        }
    }

    fn digits(&mut self, where_: &str) -> Result<(), Found> {
        match self.next()? {
            b'0'..=b'9' => {}
            byte => return wrong(byte, where_),
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self, first: u8) -> Result<(), Found> {
        let lead = if first == b'-' { self.peek().ok_or(None)? } else { first };
        if first != b'-' {
            self.at -= 1;
        }
        // A leading zero stands alone.
        if lead == b'0' {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(())
    }

    fn literal(&mut self, word: &str) -> Result<(), Found> {
        for wanted in word.bytes().skip(1) {
            let byte = self.next()?;
            if byte != wanted {
                return wrong(byte, &format!("in literal {word} (expecting '{}')", char::from(wanted)));
            }
        }
        Ok(())
    }
}

fn wrong<T>(byte: u8, where_: &str) -> Result<T, Found> {
    Err(Some((byte, where_.to_owned())))
}

/// As Go quotes a character; it takes each byte for one.
fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        b'\\' => r"'\\'".to_owned(),
        b'\n' => r"'\n'".to_owned(),
        b'\r' => r"'\r'".to_owned(),
        b'\t' => r"'\t'".to_owned(),
        0x07 => r"'\a'".to_owned(),
        0x08 => r"'\b'".to_owned(),
        0x0b => r"'\v'".to_owned(),
        0x0c => r"'\f'".to_owned(),
        0..0x20 | 0x7f => format!("'\\x{byte:02x}'"),
        0x80..=0xa0 | 0xad => format!("'\\u{byte:04x}'"),
        _ => format!("'{}'", char::from(byte)),
    }
}
