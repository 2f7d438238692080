//! One failure in the order in which a broker developer asks: what, which clause, wanted and got, where in the scenario,
//! what crossed the wire, what else would have been right, does it need the fault, how do I see it myself.

use std::collections::BTreeSet;

use deadzone_history::{EventKind, History};
use deadzone_spec::Party;
use deadzone_verdict::{Finding, RunInfo, ScenarioResult, VerdictKind};

use super::{
    Verbosity,
    circumstances::circumstances,
    clause, excerpt,
    page::{Page, Role, wrap},
    target, timeline, unclear,
};
use crate::{
    repro::script_name,
    shell::shell_word,
    timeline::{bytes, seconds, silence},
};

/// Most folded findings that are listed.
const FOLDED: usize = 8;
/// Most packets of a finding whose bytes are shown.
const PACKETS: usize = 3;

/// How much of a failure is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Detail {
    /// Most rows of its timeline; all of them where absent.
    pub rows: Option<usize>,
    /// The target is told as well, and whatever does not decide: for a block that stands alone.
    pub alone: bool,
}

impl Detail {
    /// All that is worth reading, for a block that stands alone.
    pub(crate) fn whole(page: &Page) -> Self {
        let all = page.options.verbosity == Verbosity::Verbose;
        Self { rows: (!all).then_some(timeline::ROWS), alone: true }
    }

    /// So few rows that a reader wants the rest short too.
    pub(crate) fn is_terse(self) -> bool {
        self.rows.is_some_and(|rows| rows < timeline::TERSE)
    }
}

/// The whole report of a result that is no pass.
pub(crate) fn write(page: &mut Page, result: &ScenarioResult, info: &RunInfo) {
    let detail = Detail::whole(page);
    headline(page, result, info, detail);
    because(page, result);
    let all = page.options.verbosity == Verbosity::Verbose;
    let broken = matches!(result.verdict.kind, VerdictKind::Fail | VerdictKind::Error);
    if !broken && !all {
        page.command("repeat", &result.repeat_command);
        return;
    }
    let mut drawn = BTreeSet::new();
    for (i, finding) in told(result).enumerate() {
        if i > 0 {
            page.blank();
        }
        self::finding(page, result, finding, detail, drawn.insert(finding.repeat));
    }
    if let (None, Some(history)) = (told(result).next(), &result.history) {
        unclear::write(page, result);
        self::history(page, history, None, detail);
    }
    page.blank();
    circumstances(page, result, detail);
    target::write(page, info, result.key.version);
    target::log(page, result, target::LINES);
    page.command("repeat", &result.repeat_command);
    told(result).for_each(|finding| script(page, result, finding, info));
}

/// The script that shows a finding without deadzone, where one is written.
fn script(page: &mut Page, result: &ScenarioResult, finding: &Finding, info: &RunInfo) {
    if let (Some(folder), Some(name)) = (&info.scripts, script_name(result, finding)) {
        let path = shell_word(&format!("{folder}/{name}"));
        page.command("reproduce", &format!("python3 {path}  # without deadzone"));
    }
}

/// What is to be told of a result: what was found, or the silences that would have been findings had they been waited out.
fn told(result: &ScenarioResult) -> impl Iterator<Item = &Finding> {
    let unproven = result.verdict.unconfirmed.iter().filter(|_| result.verdict.findings.is_empty());
    result.verdict.findings.iter().chain(unproven)
}

/// One finding of a failure, among others of the same run: what all have in common is told elsewhere.
pub(crate) fn one(
    page: &mut Page,
    result: &ScenarioResult,
    info: &RunInfo,
    finding: &Finding,
    detail: Detail,
) {
    headline(page, result, info, detail);
    self::finding(page, result, finding, detail, true);
    if !detail.is_terse() {
        page.blank();
    }
    circumstances(page, result, detail);
    if !detail.is_terse() {
        target::log(page, result, target::LINES);
    }
    page.command("repeat", &result.repeat_command);
    script(page, result, finding, info);
}

/// What differs from another scenario that shows the same.
pub(crate) fn same_cause(page: &mut Page, result: &ScenarioResult, first: &ScenarioResult, info: &RunInfo) {
    let detail = Detail { rows: Some(0), alone: true };
    headline(page, result, info, detail);
    let text = format!("{} [{}], which is told in full", first.key.id, first.key.version);
    page.field("same cause", Role::Strong, &text, 400);
    for finding in &result.verdict.findings {
        clause::write(page, finding.clause, &finding.also, true);
        page.field("want", Role::Plain, &finding.wanted, 600);
        page.field("got", Role::Bad, &finding.got, 600);
        if let Some(place) = finding.place {
            excerpt::brief(page, result, place);
        }
    }
    circumstances(page, result, detail);
    page.command("repeat", &result.repeat_command);
    result.verdict.findings.iter().for_each(|finding| script(page, result, finding, info));
}

/// Why, where the verdict needs a reason.
pub(crate) fn because(page: &mut Page, result: &ScenarioResult) {
    if let Some(reason) = &result.verdict.reason {
        page.field("because", Role::Plain, reason, 800);
    }
}

/// `FAIL id [version]  target  seed  3/3 fail  4.310 s`.
pub(crate) fn headline(page: &mut Page, result: &ScenarioResult, info: &RunInfo, detail: Detail) {
    let (word, role) = word(result.verdict.kind);
    let id = page.safe(&format!("{} [{}]", result.key.id, result.key.version), 90);
    let seed = result.history.as_ref().map_or(info.seed.as_str(), |history| history.header.seed.as_str());
    let of = if detail.alone { format!("{}  ", target::name(info)) } else { String::new() };
    let mut rest = format!(" {of}seed {seed}");
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
fn finding(page: &mut Page, result: &ScenarioResult, finding: &Finding, detail: Detail, first: bool) {
    let (record, terse) = (result.record_of(finding), detail.is_terse());
    if !terse {
        page.blank();
    }
    clause::write(page, finding.clause, &finding.also, terse);
    if terse {
        page.brief("want", &finding.wanted);
        page.brief("got", &finding.got);
    } else {
        page.field("want", Role::Plain, &finding.wanted, 600);
        page.field("got", Role::Bad, &finding.got, 600);
        page.field("meanwhile", Role::Plain, &finding.meanwhile, 600);
    }
    match finding.place {
        Some(place) if terse => excerpt::brief(page, result, place),
        Some(place) => excerpt::write(page, result, place, &finding.got),
        None => {}
    }
    if let Some(number) = finding.repeat {
        let text = format!("repeat {number}, and not the first run: the rows are those of its record");
        page.field("shown by", Role::Plain, &text, 200);
    }
    // One timeline shows the story of a run; further findings of the same run point into it by number.
    if let (true, Some(history)) = (first, record) {
        self::history(page, history, Some(finding), detail);
    } else if !finding.evidence.is_empty() {
        page.field("evidence", Role::Plain, &numbers(&finding.evidence), 200);
    }
    if !terse {
        page.blank();
    }
    if let Some(history) = record {
        deciding(page, history, &finding.evidence, terse);
    }
    if let Some(silence) = record.and_then(|history| silence(history, finding)) {
        page.field("given", Role::Plain, &silence.given, 300);
        page.field("acted on", Role::Plain, &silence.acted_on, 300);
        page.field("seen", Role::Plain, &silence.seen, 500);
    }
    if terse {
        page.brief("instead", &finding.could_instead.join("; "));
        return;
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
fn deciding(page: &mut Page, history: &History, evidence: &[u64], terse: bool) {
    let most = if terse { 1 } else { PACKETS };
    let shown = &evidence[evidence.len().saturating_sub(most)..];
    let packets = history.events.iter().filter(|event| shown.contains(&event.seq)).filter_map(|event| {
        match &event.kind {
            EventKind::Packet(packet) => Some((event.seq, packet)),
            _ => None,
        }
    });
    for (i, (seq, packet)) in packets.enumerate() {
        let name = if i == 0 { "bytes" } else { "" };
        let text = format!("#{seq} {} {}", packet.frame().kind(), bytes(packet.frame()));
        match terse {
            true => page.brief(name, &text),
            false => page.field(name, Role::Plain, &text, 200),
        }
    }
}

fn party(party: Party) -> &'static str {
    if party == Party::Client { "client" } else { "broker" }
}

fn history(page: &mut Page, history: &History, finding: Option<&Finding>, detail: Detail) {
    if !detail.is_terse() {
        page.blank();
    }
    timeline::draw(page, history, finding, detail.rows);
}

/// `3/3 fail`: how many of all runs had this verdict.
fn repeats(result: &ScenarioResult) -> String {
    let kind = result.verdict.kind;
    let same = 1 + result.repeats.iter().filter(|run| run.verdict.kind == kind).count();
    format!("{same}/{} {}", 1 + result.repeats.len(), kind.word())
}

/// `#3 #7`.
pub(crate) fn numbers(seqs: &[u64]) -> String {
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
