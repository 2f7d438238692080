//! What a profile's text names, so that it can be found before the text is read. Knows no files.

use toml::{Table, Value};

/// The profile and the traces that a text names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// The profile that it inherits from.
    pub profile: Option<String>,
    /// Its traces.
    pub traces: Vec<String>,
}

impl Wants {
    /// Of this text. Whatever else is wrong with it is found when it is read as a profile.
    pub fn of(text: &str) -> Self {
        let table: Table = text.parse().unwrap_or_default();
        let words = |value: &Value| match value {
            Value::String(name) => vec![name.clone()],
            Value::Table(ways) => ways.values().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
            _ => Vec::new(),
        };
        Self {
            profile: table.get("inherits").and_then(Value::as_str).map(str::to_owned),
            traces: table.get("trace").map(words).unwrap_or_default(),
        }
    }
}
