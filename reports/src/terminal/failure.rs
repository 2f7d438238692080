//! One failure in the order in which a broker developer asks: what, which clause, wanted and got, where in the scenario,
//! what crossed the wire, what else would have been right, does it need the fault, how do I see it myself.

use std::collections::BTreeSet;

use deadzone_history::{EventKind, History};
use deadzone_spec::Party;
use deadzone_verdict::{Expectation, Finding, RunInfo, ScenarioResult, VerdictKind};

use super::{
    Verbosity, clause, excerpt,
    page::{Page, Role, wrap},
    target, timeline,
};
use crate::timeline::{bytes, seconds, silence};

/// Most folded findings that are listed.
const FOLDED: usize = 8;
/// Most packets of a finding whose bytes are shown.
const PACKETS: usize = 3;

/// The whole report of a result that is no pass.
pub(crate) fn write(page: &mut Page, result: &ScenarioResult, info: &RunInfo) {
    headline(page, result, info);
    if let Some(reason) = &result.verdict.reason {
        page.field("because", Role::Plain, reason, 800);
    }
    let full = matches!(result.verdict.kind, VerdictKind::Fail | VerdictKind::Error);
    if !full {
        page.command("repeat", &result.repeat_command);
        return;
    }
    let mut drawn = BTreeSet::new();
    for (i, finding) in result.verdict.findings.iter().enumerate() {
        if i > 0 {
            page.blank();
        }
        self::finding(page, result, finding, drawn.insert(finding.repeat));
    }
    if let (true, Some(history)) = (result.verdict.findings.is_empty(), &result.history) {
        self::history(page, history, None);
    }
    page.blank();
    circumstances(page, result);
    target::write(page, info, result.key.version);
    target::log(page, result);
    page.command("repeat", &result.repeat_command);
}

/// `FAIL id [version]  target  seed  3/3 fail  4.310 s`.
fn headline(page: &mut Page, result: &ScenarioResult, info: &RunInfo) {
    let (word, role) = word(result.verdict.kind);
    let id = page.safe(&format!("{} [{}]", result.key.id, result.key.version), 90);
    let seed = result.history.as_ref().map_or(info.seed.as_str(), |history| history.header.seed.as_str());
    let mut rest = format!(" {}  seed {seed}", target::name(info));
    if !result.repeats.is_empty() {
        rest.push_str("  ");
        rest.push_str(&repeats(result));
    }
    rest.push_str("  ");
    rest.push_str(&seconds(result.wall_ms.saturating_mul(1_000)));
    let rest = page.safe(&rest, 160);
    let head = format!("{} {}", page.paint(role, word), page.paint(Role::Strong, &id));
    if word.len() + id.chars().count() + rest.chars().count() + 2 <= page.options.width {
        page.raw(&format!("{head} {rest}"));
    } else {
        page.raw(&head);
        for line in wrap(&rest, page.options.width.saturating_sub(2)) {
            page.raw(&format!("  {line}"));
        }
    }
    let title = page.safe(&result.title, page.options.width.saturating_sub(2));
    if !title.is_empty() {
        page.raw(&format!("  {title}"));
    }
}

/// `first`: no finding of the same record is told before it.
fn finding(page: &mut Page, result: &ScenarioResult, finding: &Finding, first: bool) {
    let record = result.record_of(finding);
    page.blank();
    clause::write(page, finding.clause, &finding.also);
    page.field("want", Role::Plain, &finding.wanted, 600);
    page.field("got", Role::Bad, &finding.got, 600);
    page.field("meanwhile", Role::Plain, &finding.meanwhile, 600);
    if let Some(place) = finding.place {
        excerpt::write(page, result, place, &finding.got);
    }
    if let Some(number) = finding.repeat {
        let text = format!("repeat {number}, and not the first run: the rows are those of its record");
        page.field("shown by", Role::Plain, &text, 200);
    }
    // One timeline shows the story of a run; further findings of the same run point into it by number.
    if let (true, Some(history)) = (first, record) {
        self::history(page, history, Some(finding));
    } else if !finding.evidence.is_empty() {
        page.field("evidence", Role::Plain, &numbers(&finding.evidence), 200);
    }
    page.blank();
    if let Some(history) = record {
        deciding(page, history, &finding.evidence);
    }
    if let Some(silence) = record.and_then(|history| silence(history, finding)) {
        page.field("given", Role::Plain, &silence.given, 300);
        page.field("acted on", Role::Plain, &silence.acted_on, 300);
        page.field("seen", Role::Plain, &silence.seen, 500);
    }
    if !finding.could_instead.is_empty() {
        page.blank();
        page.raw(&format!("  a conformant {} could instead:", party(result.party)));
        for answer in &finding.could_instead {
            page.entry(answer, 300);
        }
    }
    for folded in finding.folded.iter().take(FOLDED) {
        page.field(
            "follows",
            Role::Faint,
            &format!("{}: {} {}", folded.clause, folded.got, numbers(&folded.evidence)),
            300,
        );
    }
    if finding.folded.len() > FOLDED {
        page.field("", Role::Faint, &format!("and {} more", finding.folded.len() - FOLDED), 80);
    }
}

/// The bytes of the packets that show it, the last ones where there are many: two encodings of one packet read alike.
fn deciding(page: &mut Page, history: &History, evidence: &[u64]) {
    let shown = &evidence[evidence.len().saturating_sub(PACKETS)..];
    let packets = history.events.iter().filter(|event| shown.contains(&event.seq)).filter_map(|event| {
        match &event.kind {
            EventKind::Packet(packet) => Some((event.seq, packet)),
            _ => None,
        }
    });
    for (i, (seq, packet)) in packets.enumerate() {
        let name = if i == 0 { "bytes" } else { "" };
        page.field(
            name,
            Role::Plain,
            &format!("#{seq} {} {}", packet.frame().kind(), bytes(packet.frame())),
            200,
        );
    }
}

fn party(party: Party) -> &'static str {
    if party == Party::Client { "client" } else { "broker" }
}

fn history(page: &mut Page, history: &History, finding: Option<&Finding>) {
    page.blank();
    timeline::draw(page, history, finding, page.options.verbosity == Verbosity::Verbose);
}

fn circumstances(page: &mut Page, result: &ScenarioResult) {
    if let Some(control) = &result.control {
        let same = if control.same_clause { " (fails also without faults)" } else { "" };
        page.field(
            "control",
            Role::Plain,
            &format!("faults off: {}{same}. {}", control.kind.word(), control.text),
            400,
        );
    }
    if !result.repeats.is_empty() {
        let words: Vec<&str> = result.repeats.iter().map(|run| run.verdict.kind.word()).collect();
        let text = format!("after all first runs: {}", words.join(", "));
        page.field("repeats", Role::Plain, &text, 200);
    }
    if let Some(compared) = &result.compared {
        page.field("compared", Role::Plain, compared, 600);
    }
    if let Some(Expectation::Unexpected(strangers)) = &result.expectation {
        strangers.iter().for_each(|print| page.field("unexpected", Role::Plain, print, 300));
    }
    if let Some(history) = &result.history {
        let clients: Vec<String> = history
            .header
            .clients
            .iter()
            .map(|client| {
                let manual = if client.manual { " scripted packet by packet" } else { " answers by itself" };
                let direct = if client.direct { ", no faults on its link" } else { "" };
                format!("{} ({},{manual}{direct})", client.name, client.version)
            })
            .collect();
        page.field("clients", Role::Plain, &clients.join("; "), 400);
    }
    for like in &result.like {
        page.field("similar", Role::Faint, like, 200);
    }
    grades(page, result);
}

/// What is worth saying beside the verdict.
pub(crate) fn grades(page: &mut Page, result: &ScenarioResult) {
    for grade in &result.verdict.grades {
        let level = format!("{:?}", grade.level).to_uppercase();
        let clause = grade.clause.map(|clause| format!("{clause}: ")).unwrap_or_default();
        page.field(
            "grade",
            Role::Doubtful,
            &format!("{level} {clause}{} {}", grade.text, numbers(&grade.evidence)),
            300,
        );
    }
}

/// `3/3 fail`: how many of all runs had this verdict.
fn repeats(result: &ScenarioResult) -> String {
    let kind = result.verdict.kind;
    let same = 1 + result.repeats.iter().filter(|run| run.verdict.kind == kind).count();
    format!("{same}/{} {}", 1 + result.repeats.len(), kind.word())
}

fn numbers(seqs: &[u64]) -> String {
    let words: Vec<String> = seqs.iter().map(|seq| format!("#{seq}")).collect();
    words.join(" ")
}

/// The word of a verdict as the headline has it: what a build must not miss is in capitals.
pub(crate) fn word(kind: VerdictKind) -> (&'static str, Role) {
    match kind {
        VerdictKind::Pass => ("pass", Role::Good),
        VerdictKind::PassSlow => ("pass (slow)", Role::Good),
        VerdictKind::Fail => ("FAIL", Role::Bad),
        VerdictKind::Inconclusive => ("inconclusive", Role::Doubtful),
        VerdictKind::Blocked => ("blocked", Role::Doubtful),
        VerdictKind::NotApplicable => ("not applicable", Role::Faint),
        VerdictKind::Error => ("ERROR", Role::Bad),
    }
}
