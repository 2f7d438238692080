//! Which release of Toxiproxy answers, and what it can't be asked for. Knows no calls.

use std::fmt;

use serde_json::Value;

/// The first release whose slicer takes pieces of one size: those before it end, with everybody's proxies.
const SLICES_EVENLY: (u32, u32) = (2, 4);
/// Most characters of what a server says of itself.
const WORDS_MAX: usize = 40;

/// A release, as far as the server tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    words: String,
    number: Option<(u32, u32)>,
    /// Releases of today answer in JSON.
    in_json: bool,
}

impl Release {
    /// From the answer to `/version`: JSON, JSON with a flaw as some releases had it, or the bare words of old ones.
    pub fn parse(answer: &str) -> Self {
        let shown: Option<Value> = serde_json::from_str(answer).ok();
        let version = shown.as_ref().and_then(|shown| shown.get("version")).and_then(Value::as_str);
        let in_json = answer.trim_start().starts_with('{');
        let numeric = |c: char| c.is_ascii_digit() || c == '.';
        let text = version.unwrap_or(answer).trim();
        let found = text.split(|c| !numeric(c)).find(|part| number(part).is_some());
        let words = found.unwrap_or(text).chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect();
        Self { words, number: found.and_then(number), in_json }
    }

    /// Whether it can be asked for pieces of one size. One of no number counts as one of today, if it answers as those do.
    pub fn slices_evenly(&self) -> bool {
        self.number.map_or(self.in_json, |number| number >= SLICES_EVENLY)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.words.is_empty() { "of no version" } else { &self.words })
    }
}

/// Major and minor.
fn number(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::Release;

    #[test]
    fn every_way_to_say_a_version_is_understood() {
        let known = [
            ("{\"version\": \"2.12.0\"}\n", "2.12.0", true),
            // As it was before 2.7: no line break, but its name.
            ("{\"version\": \"2.5.0\"}\\n", "2.5.0", true),
            ("{\"version\": \"v2.4.0-rc1\"}", "2.4.0", true),
            ("2.1.4", "2.1.4", false),
            ("2.3.0\n", "2.3.0", false),
            ("{\"version\": \"git\"}", "git", true),
            ("git", "git", false),
            ("", "of no version", false),
        ];
        for (answer, shown, slices) in known {
            let release = Release::parse(answer);
            assert_eq!((release.to_string().as_str(), release.slices_evenly()), (shown, slices), "{answer}");
        }
    }
}
