//! The syntax of Topic Names and Topic Filters (3.1.1 §4.7, 5.0 §4.7 and §4.8.2). Knows nothing of matching.

use crate::{Text, Version, clause, clause::Rule, findings::Findings};

const SHARE: &[u8] = b"$share/";

/// Checks what a topic may hold; `offset` is that of its first character, `called` what the field is called. Emptiness is the
/// caller's: an alias may excuse it.
pub(crate) fn check_name(findings: &mut Findings, name: &Text, offset: usize, wildcard: &Rule, called: &str) {
    check_nul(findings, name, offset);
    if let Some(at) = name.0.iter().position(|b| matches!(b, b'#' | b'+')) {
        findings.note(wildcard, offset + at, format!("wildcard in a {called}"));
    }
}

/// Checks a Topic Filter and tells whether it is a shared one.
pub(crate) fn check_filter(findings: &mut Findings, filter: &Text, offset: usize) -> bool {
    check_nul(findings, filter, offset);
    if filter.is_empty() {
        findings.note(&clause::EMPTY_TOPIC, offset, "empty Topic Filter");
        return false;
    }
    match filter.0.strip_prefix(SHARE) {
        Some(shared) if findings.version == Version::V5 => {
            check_shared(findings, shared, offset + SHARE.len());
            true
        }
        _ => {
            check_levels(findings, &filter.0, offset);
            false
        }
    }
}

fn check_shared(findings: &mut Findings, shared: &[u8], offset: usize) {
    let end = shared.iter().position(|b| *b == b'/');
    let name = &shared[..end.unwrap_or(shared.len())];
    findings.note_if(name.is_empty(), &clause::SHARE_NAME, offset, "empty share name");
    if let Some(at) = name.iter().position(|b| matches!(b, b'#' | b'+')) {
        findings.note(&clause::SHARE_FILTER, offset + at, "wildcard in a share name");
    }
    match end.map(|end| end + 1) {
        Some(start) if start < shared.len() => check_levels(findings, &shared[start..], offset + start),
        _ => findings.note(&clause::SHARE_FILTER, offset + name.len(), "no filter behind the share name"),
    }
}

fn check_levels(findings: &mut Findings, filter: &[u8], offset: usize) {
    let mut start = 0;
    for level in filter.split(|b| *b == b'/') {
        let last = start + level.len() == filter.len();
        if let Some(at) = level.iter().position(|b| *b == b'#')
            && (level.len() > 1 || !last)
        {
            findings.note(
                &clause::HASH,
                offset + start + at,
                "`#` not alone in the last level of a Topic Filter",
            );
        }
        if let Some(at) = level.iter().position(|b| *b == b'+')
            && level.len() > 1
        {
            findings.note(
                &clause::PLUS,
                offset + start + at,
                "`+` does not fill its level of a Topic Filter",
            );
        }
        start += level.len() + 1;
    }
}

fn check_nul(findings: &mut Findings, topic: &Text, offset: usize) {
    if let Some(at) = topic.0.iter().position(|b| *b == 0) {
        findings.note(&clause::NUL_IN_TOPIC, offset + at, "U+0000 in a topic");
    }
}
