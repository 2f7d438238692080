//! What a script is called, and how it is known for one of ours.

use deadzone_verdict::{Finding, ScenarioResult};

/// The second line of every script begins with this.
pub const SCRIPT_MARK: &str = "# A reproduction made by deadzone";

/// Most characters of a name, so that every file system takes it.
const LONGEST: usize = 180;

/// The file name of a finding's script: scenario, version and clause; nothing where the finding has no record, or is told as what
/// follows from another one. Two findings of one scenario about one clause are numbered.
pub fn script_name(result: &ScenarioResult, finding: &Finding) -> Option<String> {
    result.record_of(finding)?;
    let findings = &result.verdict.findings;
    let at = findings.iter().position(|other| other == finding)?;
    let number = 1 + findings.iter().take(at).filter(|other| other.clause == finding.clause).count();
    let clause = finding.clause.clause().number;
    let nth = if number > 1 { format!("-{number}") } else { String::new() };
    let tail = format!("@{}-{clause}{nth}.py", result.key.version);
    let safe = |c: char| match c {
        '/' => '+',
        c if c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == '+' => c,
        '.' => '.',
        _ => '_',
    };
    let id: String = result.key.id.chars().map(safe).take(LONGEST.saturating_sub(tail.len())).collect();
    let hidden = id.starts_with(['.', '-']) || id.is_empty();
    Some(format!("{}{id}{tail}", if hidden { "_" } else { "" }))
}
