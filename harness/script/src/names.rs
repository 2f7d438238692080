//! Names that this crate can't look up: those of link profiles, and of clauses by what judges them. Whoever knows says which
//! are wrong.

use deadzone_spec::ClauseId;

use crate::{
    At, Control, Diagnostic, Scenario, StepKind,
    diagnostic::code::{PROFILE, UNJUDGED},
};

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

/// The mistakes of a scenario's header clauses. `wrong` says why nothing judges one, and what to do instead; `source` is the text
/// of the scenario's file.
pub fn clause_mistakes(
    scenario: &Scenario,
    source: &str,
    wrong: impl Fn(ClauseId) -> Option<(String, String)>,
) -> Vec<Diagnostic> {
    let mistake = |clause: &ClauseId| {
        let (message, help) = wrong(*clause)?;
        let at = header_place(source, scenario.at, clause.as_str());
        Some(Diagnostic::error(UNJUDGED, at, message).help(help))
    };
    scenario.clauses.iter().filter_map(mistake).collect()
}

/// The place of a clause in the header that begins at `at`; that place itself where it is not found.
fn header_place(source: &str, at: At, clause: &str) -> At {
    let lines = (at.line + 1..).zip(source.lines().skip(at.line as usize));
    let header = lines.take_while(|(_, line)| !line.starts_with("scenario"));
    let of_clauses = header.filter(|(_, line)| line.trim_start().starts_with("clauses"));
    let word = |(number, line): (u32, &str)| {
        let ends = |c: Option<char>| c.is_none_or(char::is_whitespace);
        let (offset, _) =
            line.match_indices(clause).find(|(i, _)| ends(line[i + clause.len()..].chars().next()))?;
        let column = line[..offset].chars().count() as u32 + 1;
        Some(At { line: number, column, length: clause.chars().count() as u32 })
    };
    of_clauses.into_iter().find_map(word).unwrap_or(at)
}

/// The place of a word on a line; the line's own where it is not found.
fn place_of(source: &str, at: At, word: &str) -> At {
    let line = source.lines().nth((at.line as usize).saturating_sub(1)).unwrap_or_default();
    // The name comes last: a client may be called as its profile is.
    let Some(offset) = line.split('#').next().and_then(|code| code.rfind(word)) else { return at };
    let column = line[..offset].chars().count() as u32 + 1;
    At { line: at.line, column, length: word.chars().count() as u32 }
}
