//! Sorts opinions by what they do to the verdict, and reads the verdict off.

use deadzone_history::Place;
use deadzone_spec::{ClauseId, Level};
use deadzone_verdict::{Finding, Grade, GradeLevel, Verdict, VerdictKind};
use deadzone_wire::Version;

use super::fold;
use crate::{opinion::Opinion, owed, survey::Survey};

/// Most characters of one sentence of a finding: what comes from the wire is bounded already, this is for the rest.
const LONGEST: usize = 600;
/// Most grades of one verdict.
const GRADES: usize = 200;

/// Opinions, sorted by what they do to the verdict.
#[derive(Default)]
struct Heap {
    findings: Vec<Finding>,
    grades: Vec<Grade>,
    doubts: Vec<(u64, String)>,
    not_applicable: Vec<(u64, String)>,
    illegal: Vec<(u64, String)>,
    ours: Vec<String>,
    slow: bool,
}

pub(crate) fn compose(survey: &Survey<'_>, opinions: Vec<Opinion>) -> Verdict {
    let mut heap = Heap::default();
    for opinion in opinions {
        heap.take(survey, opinion);
    }
    heap.blame_ourselves();
    heap.verdict(survey)
}

impl Heap {
    fn take(&mut self, survey: &Survey<'_>, opinion: Opinion) {
        match opinion {
            Opinion::Broken(finding) => self.finding(survey, *finding),
            Opinion::Grade(grade) => self.grades.push(grade),
            Opinion::Doubt { at, why } => self.doubts.push((at, why)),
            Opinion::NotApplicable { at, why } => self.not_applicable.push((at, why)),
            Opinion::Slow => self.slow = true,
            Opinion::Illegal { at, why } => self.illegal.push((at, why)),
            Opinion::Ours { why } => self.ours.push(why),
        }
    }

    fn finding(&mut self, survey: &Survey<'_>, mut finding: Finding) {
        let level = match level(finding.clause, survey.history.header.version) {
            Ok(()) => {
                finding.place = finding.place.or_else(|| step_of(survey, &finding));
                for text in [&mut finding.wanted, &mut finding.got, &mut finding.meanwhile] {
                    clip(text);
                }
                self.findings.push(finding);
                return;
            }
            Err(level) => level,
        };
        // What a claim asked for did not happen; without a clause to blame for it that is a doubt.
        if finding.claim.is_some() && level == GradeLevel::Info {
            let at = finding.evidence.last().copied().unwrap_or_default();
            self.doubts.push((at, format!("{} where {} was claimed", finding.got, finding.wanted)));
        }
        let text = format!("{}; wanted: {}", finding.got, finding.wanted);
        self.grades.push(Grade { clause: Some(finding.clause), level, text, evidence: finding.evidence });
    }

    /// A finding behind an illegal packet of ours is worth nothing.
    fn blame_ourselves(&mut self) {
        let latest = self.findings.iter().filter_map(|f| f.evidence.last()).max().copied();
        let first = self.illegal.iter().min().cloned();
        if let (Some(latest), Some((at, why))) = (latest, first)
            && at < latest
        {
            self.ours.push(format!("the client was not legal: {why} (event {at})"));
        }
    }

    fn verdict(mut self, survey: &Survey<'_>) -> Verdict {
        // What the target refused within its rights is the reason for all that did not happen afterwards.
        let refused = self.not_applicable.iter().map(|(at, _)| *at).min();
        self.doubts.retain(|(at, _)| refused.is_none_or(|refused| *at < refused));
        let (kind, reason) = if !self.ours.is_empty() {
            (VerdictKind::Error, Some(self.ours.join("; ")))
        } else if !self.findings.is_empty() {
            (VerdictKind::Fail, None)
        } else if let Some(why) = first(&mut self.doubts) {
            (VerdictKind::Inconclusive, Some(why))
        } else if let Some(why) = first(&mut self.not_applicable) {
            (VerdictKind::NotApplicable, Some(why))
        } else if self.slow {
            (VerdictKind::PassSlow, None)
        } else {
            (VerdictKind::Pass, None)
        };
        self.grades.sort_by_key(|grade| grade.evidence.last().copied());
        self.grades.dedup();
        self.grades.truncate(GRADES);
        let findings = fold::fold(survey, self.findings);
        Verdict { kind, findings, grades: self.grades, reason, ..Verdict::pass() }
    }
}

/// The earliest reason, and how many more there are.
fn first(reasons: &mut [(u64, String)]) -> Option<String> {
    reasons.sort();
    let (_, why) = reasons.first()?;
    Some(match reasons.len() {
        1 => why.clone(),
        n => format!("{why} (and {} more)", n - 1),
    })
}

/// Whether a finding of this clause fails; otherwise the level of its grade.
fn level(clause: ClauseId, version: Version) -> Result<(), GradeLevel> {
    let interoperability = clause.version() == Version::V31 && clause != owed::unnamed(Version::V31);
    if version == Version::V31 && !interoperability {
        return Err(GradeLevel::Info);
    }
    debug_assert!(clause.binds_server(), "{clause} binds the client only: no broker can break it");
    match clause.clause().level {
        _ if !clause.binds_server() => Err(GradeLevel::Info),
        Level::Must => Ok(()),
        Level::Should => Err(GradeLevel::Should),
        Level::May => Err(GradeLevel::May),
    }
}

/// The step during which it happened.
fn step_of(survey: &Survey<'_>, finding: &Finding) -> Option<Place> {
    let turn = survey.turn_at(*finding.evidence.last()?)?;
    let length = u32::try_from(turn.text.chars().count()).unwrap_or(u32::MAX).max(1);
    Some(Place { line: turn.line, column: 1, length })
}

fn clip(text: &mut String) {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
}
