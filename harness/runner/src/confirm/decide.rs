//! What a first run wants before its verdict is told.

use deadzone_history::History;
use deadzone_verdict::{FactClass, Verdict, VerdictKind};

use crate::{Planned, habit::is_habit, record};

/// How many times a wrong deed, close or refusal is tried again.
const REPEATS: u32 = 2;
/// How many times a silence is tried again, with the patience alone.
const SILENCE_REPEATS: u32 = 1;

/// What is to be performed after a first run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Repeats of the same.
    pub(crate) repeats: u32,
    /// A control run: the same without its faults.
    pub(crate) control: bool,
}

impl Wanted {
    /// Nothing at all: the verdict stands as it is.
    pub(crate) fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// What this first run wants. Embedded, the same run gives the same bytes, which is seen to apart: only the control runs.
pub(crate) fn wanted(planned: &Planned, verdict: &Verdict, history: &History, embedded: bool) -> Wanted {
    let repeats = match verdict.kind {
        VerdictKind::Fail => {
            let own = verdict.findings.iter().filter(|finding| !is_habit(finding));
            let each = own.map(|finding| match finding.fact.class() {
                FactClass::Done | FactClass::CloseOrRefusal => REPEATS,
                FactClass::Silence => SILENCE_REPEATS,
            });
            each.max().unwrap_or(0)
        }
        VerdictKind::Inconclusive if record::was_closed_by_broker(history) => REPEATS,
        _ => 0,
    };
    let faulty = verdict.kind == VerdictKind::Fail && repeats > 0;
    let control = faulty && planned.has_control();
    Wanted { repeats: if embedded { 0 } else { repeats }, control }
}

/// A verdict that nothing is repeated for: under `--quick`, or where a run was cut short. What was done wrong stands; a
/// silence that was not waited out and a close that was seen once do not.
pub(crate) fn settle(verdict: &mut Verdict, waited_out: bool) {
    if verdict.kind != VerdictKind::Fail {
        return;
    }
    let stands = |class| match class {
        FactClass::Done => true,
        FactClass::CloseOrRefusal => false,
        FactClass::Silence => waited_out,
    };
    let (kept, dropped): (Vec<_>, Vec<_>) = verdict.findings.drain(..).partition(|f| stands(f.fact.class()));
    verdict.findings = kept;
    let Some(first) = dropped.first() else { return };
    let without = (VerdictKind::Inconclusive, Some(format!("unconfirmed: {}: {}", first.clause, first.got)));
    if verdict.findings.is_empty() {
        (verdict.kind, verdict.reason) = without;
    } else {
        verdict.otherwise = Some(without);
    }
}

#[cfg(test)]
mod tests {
    use deadzone_spec::id;
    use deadzone_verdict::{Fact, Finding};

    use super::*;

    /// What the target does again and again is lifted later: the close is why nothing came of the rest.
    #[test]
    fn a_close_that_is_not_repeated_is_the_reason_beside_what_stands() {
        let habit = Finding::new(id!("3.1.1/DZ-server-disconnect"), Fact::WrongPacket, "test");
        let close = Finding {
            got: "closed".to_owned(),
            ..Finding::new(id!("3.1.1/MQTT-3.8.4-1"), Fact::Closed, "test")
        };
        let without = (VerdictKind::Inconclusive, Some("unconfirmed: 3.1.1/MQTT-3.8.4-1: closed".to_owned()));
        let settled = |findings: &[&Finding]| {
            let findings = findings.iter().map(|&finding| finding.clone()).collect();
            let mut verdict = Verdict { kind: VerdictKind::Fail, findings, ..Verdict::pass() };
            settle(&mut verdict, true);
            verdict
        };
        let both = settled(&[&habit, &close]);
        assert_eq!(
            (both.kind, both.findings.len(), both.otherwise),
            (VerdictKind::Fail, 1, Some(without.clone()))
        );
        let alone = settled(&[&close]);
        assert_eq!((alone.kind, alone.reason), without);
        assert_eq!(settled(&[&habit]).otherwise, None);
    }
}
