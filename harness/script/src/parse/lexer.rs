//! One line to tokens with their places. Knows quotes and comments, no keyword.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, code};
use crate::{At, Payload, text::PAD_MAX};

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A run of characters without blanks, quotes, commas and bars.
    Word(String),
    /// `"…"`, escapes resolved.
    Text(Payload),
    /// `key=value`; the place is that of the value.
    Pair(String, Value, At),
    /// `,`
    Comma,
    /// `|`
    Bar,
}

/// The right side of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Word(String),
    Text(Payload),
    /// `"name":"value"`.
    Pair(Payload, Payload),
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(super) at: At,
    /// Its bytes in the line.
    pub(crate) span: Range<usize>,
}

/// A line's tokens, where its content ends (bytes), and what was wrong with its quotes.
pub(crate) struct Lexed {
    pub(crate) tokens: Vec<Token>,
    pub(crate) end: usize,
    pub(crate) mistakes: Vec<Diagnostic>,
}

/// Never fails: a broken text is a token too, and a mistake.
pub(crate) fn lex(number: u32, line: &str) -> Lexed {
    let mut lexer =
        Lexer { number, line, chars: line.char_indices().peekable(), column: 1, mistakes: Vec::new() };
    let mut tokens: Vec<Token> = Vec::new();
    while let Some(&(start, c)) = lexer.chars.peek() {
        if c.is_whitespace() {
            lexer.bump();
            continue;
        }
        let after_blank = line[..start].chars().next_back().is_none_or(char::is_whitespace);
        if c == '#' && after_blank {
            break;
        }
        let column = lexer.column;
        let kind = lexer.token(c);
        let at = At { line: number, column, length: (lexer.column - column).max(1) };
        tokens.push(Token { kind, at, span: start..lexer.offset() });
    }
    let end = tokens.last().map_or(0, |token| token.span.end);
    Lexed { tokens, end, mistakes: lexer.mistakes }
}

struct Lexer<'l> {
    number: u32,
    line: &'l str,
    chars: std::iter::Peekable<std::str::CharIndices<'l>>,
    column: u32,
    mistakes: Vec<Diagnostic>,
}

impl Lexer<'_> {
    fn bump(&mut self) -> Option<char> {
        let (_, c) = self.chars.next()?;
        self.column += 1;
        Some(c)
    }

    fn peek(&mut self) -> Option<char> {
        self.chars.peek().map(|(_, c)| *c)
    }

    /// Byte offset of the next character.
    fn offset(&mut self) -> usize {
        self.chars.peek().map_or(self.line.len(), |(index, _)| *index)
    }

    fn token(&mut self, first: char) -> Kind {
        match first {
            '"' => Kind::Text(self.text()),
            ',' => {
                self.bump();
                Kind::Comma
            }
            '|' => {
                self.bump();
                Kind::Bar
            }
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Kind {
        let start_column = self.column;
        let mut word = String::new();
        while let Some(c) = self.peek() {
            if c.is_whitespace() || matches!(c, '"' | ',' | '|') {
                break;
            }
            word.push(c);
            self.bump();
        }
        let key_length =
            word.find('=').filter(|at| *at > 0 && word.starts_with(|c: char| c.is_ascii_alphabetic()));
        let Some(key_length) = key_length else { return Kind::Word(word) };
        let value = word.split_off(key_length + 1);
        word.pop();
        let column = start_column + word.chars().count() as u32 + 1;
        let value = if value.is_empty() && self.peek() == Some('"') {
            self.one_text_or_two()
        } else {
            Value::Word(value)
        };
        let at = At { line: self.number, column, length: self.column.saturating_sub(column).max(1) };
        Kind::Pair(word, value, at)
    }

    /// `"text"` or `"name":"value"`.
    fn one_text_or_two(&mut self) -> Value {
        let text = self.text();
        if self.peek() != Some(':') {
            return Value::Text(text);
        }
        let column = self.column;
        self.bump();
        if self.peek() != Some('"') {
            let at = At { line: self.number, column, length: 1 };
            let mistake = Diagnostic::error(code::MISSING, at, "behind the `:` belongs a text in quotes");
            self.mistakes.push(mistake.label("a text belongs behind this"));
            return Value::Pair(text, Payload::default());
        }
        Value::Pair(text, self.text())
    }

    fn text(&mut self) -> Payload {
        let opened = self.column;
        self.bump();
        let mut bytes = Vec::new();
        let mut buffer = [0; 4];
        loop {
            let column = self.column;
            match self.bump() {
                Some('"') => return self.checked(Payload(bytes), opened),
                Some('\\') => bytes.extend(self.escape(column)),
                Some(c) => bytes.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes()),
                None => break,
            }
        }
        let at = At { line: self.number, column: opened, length: (self.column - opened).max(1) };
        self.mistakes.push(
            Diagnostic::error(code::UNTERMINATED, at, "this text has no closing quote")
                .label("it begins here"),
        );
        Payload(bytes)
    }

    fn checked(&mut self, text: Payload, opened: u32) -> Payload {
        if text.has_a_wrong_length() {
            let at = At { line: self.number, column: opened, length: self.column - opened };
            let help = format!("write {{pad N}}, {{fill N}}, {{counted N}}: 1 to {PAD_MAX} bytes");
            let mistake = Diagnostic::error(code::ESCAPE, at, "a placeholder without a length");
            self.mistakes.push(mistake.help(help));
        }
        text
    }

    fn escape(&mut self, column: u32) -> Option<u8> {
        match self.peek() {
            Some(c @ ('"' | '\\')) => {
                self.bump();
                return Some(c as u8);
            }
            Some('n') => {
                self.bump();
                return Some(b'\n');
            }
            Some('t') => {
                self.bump();
                return Some(b'\t');
            }
            Some('x') => {
                self.bump();
                let high = self.hex_digit();
                let low = high.and_then(|_| self.hex_digit());
                if let (Some(high), Some(low)) = (high, low) {
                    return Some(high << 4 | low);
                }
            }
            Some(_) => {
                self.bump();
            }
            None => return None, // the text has no end either, which is reported
        }
        let at = At { line: self.number, column, length: (self.column - column).max(1) };
        let mistake =
            Diagnostic::error(code::ESCAPE, at, "unknown escape").help(r#"the escapes are \" \\ \n \t \xNN"#);
        self.mistakes.push(mistake);
        None
    }

    fn hex_digit(&mut self) -> Option<u8> {
        let digit = self.peek()?.to_digit(16)?;
        self.bump();
        u8::try_from(digit).ok()
    }
}
