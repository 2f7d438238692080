//! The TOML of a profile. Every number stands with its source: `median_s = { up = 1, down = 2, source = "measured" }`.
//! Knows no files: what a profile inherits and its traces are asked for by name.

use std::sync::Arc;

use toml::{Table, Value};

use super::{
    error::ProfileError,
    named::{Number, Profile},
    schema::{KEYS, Key, Kind, key},
};
use crate::model::Trace;

/// Where a profile finds what it names.
pub(crate) trait Shelf {
    /// Another profile, complete.
    fn profile(&self, name: &str) -> Result<Profile, ProfileError>;
    /// The text of a trace.
    fn trace(&self, name: &str) -> Option<&str>;
}

/// Reads one file.
pub(crate) fn parse(name: &str, text: &str, shelf: &dyn Shelf) -> Result<Profile, ProfileError> {
    let table: Table = text.parse().map_err(|e: toml::de::Error| ProfileError::Toml {
        profile: name.to_owned(),
        why: e.to_string().trim().to_owned(),
    })?;
    Reader { name, shelf }.profile(&table)
}

struct Reader<'a> {
    name: &'a str,
    shelf: &'a dyn Shelf,
}

impl Reader<'_> {
    fn wrong<T>(&self, key: &str, why: impl Into<String>) -> Result<T, ProfileError> {
        Err(ProfileError::Key { profile: self.name.to_owned(), key: key.to_owned(), why: why.into() })
    }

    fn profile(&self, table: &Table) -> Result<Profile, ProfileError> {
        let mut profile = match table.get("inherits") {
            None => Profile::default(),
            Some(parent) => self.shelf.profile(self.text("inherits", parent)?)?,
        };
        profile.name = self.name.to_owned();
        profile.title = self.text("title", table.get("title").unwrap_or(&Value::Boolean(false)))?.to_owned();
        if let Some(value) = table.get("without") {
            profile.without = self.without(&mut profile, value)?;
        }
        let mut own = Profile::default();
        for (word, value) in table {
            match word.as_str() {
                "title" | "inherits" | "without" => {}
                "overlay" => match value {
                    Value::Boolean(overlay) => profile.overlay = *overlay,
                    _ => return self.wrong(word, "expected true or false"),
                },
                "trace" => own.trace = self.traces(value)?,
                section => self.section(&mut own, section, value)?,
            }
        }
        profile.take(&own);
        if !profile.overlay && !profile.has("delay") {
            return self.wrong("delay", "a profile that is no overlay needs it");
        }
        profile.check()?;
        Ok(profile)
    }

    fn text<'v>(&self, key: &str, value: &'v Value) -> Result<&'v str, ProfileError> {
        match value.as_str().filter(|text| !text.trim().is_empty()) {
            Some(text) => Ok(text),
            None => self.wrong(key, "expected a text in quotes"),
        }
    }

    fn without(&self, profile: &mut Profile, value: &Value) -> Result<Vec<String>, ProfileError> {
        let names: Option<Vec<&str>> =
            value.as_array().and_then(|list| list.iter().map(Value::as_str).collect());
        let Some(names) = names else { return self.wrong("without", "expected a list of sections") };
        for name in &names {
            if !KEYS.iter().any(|k| k.section == *name) {
                return self.wrong("without", format!("there is no section `{name}`"));
            }
            profile.numbers.retain(|k, _| k.split('.').next() != Some(*name));
        }
        Ok(names.into_iter().map(str::to_owned).collect())
    }

    fn section(&self, profile: &mut Profile, section: &str, value: &Value) -> Result<(), ProfileError> {
        if !KEYS.iter().any(|k| k.section == section) {
            let mut sections: Vec<&str> = KEYS.iter().map(|k| k.section).collect();
            sections.dedup();
            return self
                .wrong(section, format!("there is no such section; there are {}", sections.join(", ")));
        }
        let Some(table) = value.as_table() else { return self.wrong(section, "expected a table") };
        for (name, value) in table {
            let path = format!("{section}.{name}");
            let Some(key) = key(section, name) else {
                let names: Vec<&str> = KEYS.iter().filter(|k| k.section == section).map(|k| k.name).collect();
                return self.wrong(&path, format!("there is no such number; there are {}", names.join(", ")));
            };
            self.number(profile, key, value)?;
        }
        Ok(())
    }

    fn number(&self, profile: &mut Profile, key: &Key, value: &Value) -> Result<(), ProfileError> {
        let path = key.path();
        let Some(table) = value.as_table() else {
            return self.wrong(&path, "it needs its source: { value = …, source = \"measured\" }");
        };
        let source = match table.get("source").and_then(Value::as_str) {
            Some(source) if is_source(source) => source,
            Some(source) => {
                return self.wrong(
                    &path,
                    format!("`{source}` is no source: `measured`, `default` or an address (https://…)"),
                );
            }
            None => return self.wrong(&path, "it needs its source: `measured`, `default` or an address"),
        };
        for (word, value) in table.iter().filter(|(word, _)| *word != "source") {
            let entries = match (word.as_str(), key.kind) {
                ("value" | "both", _) => key.entries(),
                ("up" | "down", Kind::Ways) => vec![format!("{path}.{word}")],
                _ => return self.wrong(&path, format!("`{word}` does not belong here")),
            };
            let values = self.values(key, value)?;
            for entry in entries {
                let number = Number { values: values.clone(), source: source.to_owned() };
                profile.numbers.insert(entry, number);
            }
        }
        if table.len() < 2 {
            return self.wrong(&path, "it has a source and no value");
        }
        Ok(())
    }

    fn values(&self, key: &Key, value: &Value) -> Result<Vec<f64>, ProfileError> {
        let path = key.path();
        let float = |value: &Value| match value {
            Value::Integer(n) => Some(*n as f64),
            Value::Float(n) => Some(*n),
            _ => None,
        };
        let values = match (key.kind, value) {
            (Kind::Flag, Value::Boolean(yes)) => Some(vec![f64::from(u8::from(*yes))]),
            (Kind::Flag, _) => return self.wrong(&path, "expected true or false"),
            (Kind::Pairs, Value::Array(list)) => list.iter().map(float).collect(),
            (Kind::Pairs, _) => None,
            _ => float(value).map(|value| vec![value]),
        };
        let Some(values) = values else { return self.wrong(&path, "expected a number") };
        key.check(&values).or_else(|why| self.wrong(&path, why))?;
        Ok(values)
    }

    fn traces(&self, value: &Value) -> Result<[Option<Arc<Trace>>; 2], ProfileError> {
        let read = |name: &str| {
            let Some(text) = self.shelf.trace(name) else {
                return self.wrong("trace", format!("there is no trace `{name}`"));
            };
            match Trace::parse(text) {
                Ok(trace) => Ok(Some(Arc::new(trace))),
                Err(why) => self.wrong("trace", format!("{name}: {why}")),
            }
        };
        match value {
            Value::String(name) => {
                let both = read(name)?;
                Ok([both.clone(), both])
            }
            Value::Table(table) if names_traces(table) => {
                let way = |way: &str| table.get(way).and_then(Value::as_str).map_or(Ok(None), read);
                Ok([way("up")?, way("down")?])
            }
            _ => self.wrong("trace", "expected a file's name, or { up = …, down = … }"),
        }
    }
}

/// Of one direction or both, and each a name.
fn names_traces(table: &Table) -> bool {
    let way = |(way, name): (&String, &Value)| matches!(way.as_str(), "up" | "down") && name.is_str();
    !table.is_empty() && table.iter().all(way)
}

fn is_source(text: &str) -> bool {
    matches!(text, "measured" | "default") || text.starts_with("https://") || text.starts_with("http://")
}
