//! Names that this crate can't look up: those of link profiles. Whoever has them says which are wrong.

use crate::{At, Control, Diagnostic, Scenario, StepKind, diagnostic::code::PROFILE};

/// Where a profile is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfilePlace {
    /// `client x via NAME`: what a link begins with.
    Client,
    /// `link x profile NAME`: an overlay may stand alone.
    Step,
}

/// The mistakes of a scenario's profile names. `wrong` says what is wrong with one, and what to do instead; `source` is
/// the text of the scenario's file.
pub fn profile_mistakes(
    scenario: &Scenario,
    source: &str,
    wrong: impl Fn(&str, ProfilePlace) -> Option<(String, Option<String>)>,
) -> Vec<Diagnostic> {
    let clients = scenario
        .clients
        .iter()
        .filter_map(|client| client.via.as_deref().map(|name| (name, client.at, ProfilePlace::Client)));
    let control = match &scenario.control {
        Control::Steps(steps) => steps.as_slice(),
        Control::Derived | Control::None(_) => &[],
    };
    let steps = scenario.steps.iter().chain(control).filter_map(|step| match &step.kind {
        StepKind::LinkProfile { profile, .. } => Some((profile.as_str(), step.at, ProfilePlace::Step)),
        _ => None,
    });
    let mistake = |(name, at, place): (&str, At, ProfilePlace)| {
        let (message, help) = wrong(name, place)?;
        let found = Diagnostic::error(PROFILE, place_of(source, at, name), message);
        Some(match help {
            Some(help) => found.help(help),
            None => found,
        })
    };
    clients.chain(steps).filter_map(mistake).collect()
}

/// The place of a word on a line; the line's own where it is not found.
fn place_of(source: &str, at: At, word: &str) -> At {
    let line = source.lines().nth((at.line as usize).saturating_sub(1)).unwrap_or_default();
    // The name comes last: a client may be called as its profile is.
    let Some(offset) = line.split('#').next().and_then(|code| code.rfind(word)) else { return at };
    let column = line[..offset].chars().count() as u32 + 1;
    At { line: at.line, column, length: word.chars().count() as u32 }
}
