//! Changes of single numbers, as a command line gives them. Knows no files.

use super::{
    error::ProfileError,
    named::{Number, Profile},
    schema::{Kind, key},
};

impl Profile {
    /// Changes a number: `stall.median_s=1.2`, `rate.mean_kbit_per_s.up=100`, `nat.rst=true`, `outage.schedule_s=20,8`.
    /// What it contradicts gives way. After a mistake the profile is as it was.
    pub fn set(&mut self, assignment: &str) -> Result<(), ProfileError> {
        let wrong = |key: &str, why: String| ProfileError::Key {
            profile: self.name.clone(),
            key: key.to_owned(),
            why,
        };
        let (path, value) = assignment
            .split_once('=')
            .map(|(path, value)| (path.trim(), value.trim()))
            .ok_or_else(|| wrong(assignment, "expected KEY=VALUE".to_owned()))?;
        let parts: Vec<&str> = path.split('.').collect();
        let found = match parts.as_slice() {
            [section, name] | [section, name, "up" | "down"] => key(section, name),
            _ => None,
        };
        let Some(found) = found else { return Err(wrong(path, "there is no such number".to_owned())) };
        let values = values(found.kind, value).map_err(|why| wrong(path, why))?;
        found.check(&values).map_err(|why| wrong(path, why))?;
        let full = found.path();
        let entries = match (found.kind, parts.get(2)) {
            (Kind::Ways, Some(way)) => vec![format!("{full}.{way}")],
            (_, None) => found.entries(),
            (_, Some(_)) => return Err(wrong(path, "it is the same in both directions".to_owned())),
        };
        let number = |entry| (entry, Number { values: values.clone(), source: "command line".to_owned() });
        let later = Self { numbers: entries.into_iter().map(number).collect(), ..Self::default() };
        let mut changed = self.clone();
        changed.take(&later);
        changed.check()?;
        *self = changed;
        Ok(())
    }
}

/// What stands behind the `=`.
fn values(kind: Kind, text: &str) -> Result<Vec<f64>, String> {
    let number = |word: &str| word.trim().parse().map_err(|_| format!("`{}` is no number", word.trim()));
    match (kind, text) {
        (Kind::Pairs, list) => {
            let inner = list.strip_prefix('[').and_then(|list| list.strip_suffix(']')).unwrap_or(list);
            inner.split(',').map(number).collect()
        }
        (_, "true" | "yes") => Ok(vec![1.0]),
        (_, "false" | "no") => Ok(vec![0.0]),
        (_, one) => Ok(vec![number(one)?]),
    }
}
