//! Writes a plan down as a Python script.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use deadzone_history::{ConnId, History};
use deadzone_verdict::{Finding, RunInfo, ScenarioResult};

use super::{
    check::{self, Check, Plan},
    name::{SCRIPT_MARK, script_name},
    python,
    step::{Given, Piece, Step, Wanted},
};

/// What every script can do, what the kinds of check need, and how it ends.
const BASE: &str = include_str!("player/base.py");
const COMES: &str = include_str!("player/comes.py");
const ENDS: &str = include_str!("player/ends.py");
const SILENT: &str = include_str!("player/silent.py");
const MAIN: &str = include_str!("player/main.py");
/// Most steps of a script that somebody can read.
const MOST_STEPS: usize = 1_500;
/// Most tries where a fault does not come each time.
const TRIES: usize = 20;

/// What the record is of, beside what its result says.
#[derive(Clone, Copy, Debug)]
pub struct Recording<'a> {
    /// The run.
    pub info: &'a RunInfo,
    /// The day on which it ended, as people write it; left out where it is not known.
    pub date: Option<&'a str>,
}

/// A script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reproduction {
    /// Its file name.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Why it plays the record without looking for the fault, where it does.
    pub unseen: Option<String>,
}

/// The script of one finding; nothing where its record is not there.
pub fn reproduction(result: &ScenarioResult, finding: &Finding, of: Recording<'_>) -> Option<Reproduction> {
    let history = result.record_of(finding)?;
    let mut plan = check::plan(history, finding);
    let tries = tries(result, history);
    let page = Page::new(history, &plan);
    if let Some(why) = page.unplayable(&plan) {
        plan.check = Check::Unseen(why.clone());
        plan.walk.unplayable = Some(why);
    }
    let name = script_name(result, finding)?;
    let unseen = match &plan.check {
        Check::Unseen(why) => Some(why.clone()),
        _ => None,
    };
    let mut text = head(&name, result, finding, of, unseen.as_deref(), lasts_s(&plan));
    page.constants(&mut text, finding, history, &plan, tries, of.info);
    text.push_str("\n\n");
    text.push_str(&page.steps(&plan));
    text.push_str("\n\n");
    let looks = match &plan.check {
        Check::Comes { .. } => Some(COMES),
        Check::Ends { .. } => Some(ENDS),
        Check::Silent(_) => Some(SILENT),
        Check::Unseen(_) => None,
    };
    let parts: Vec<&str> = [BASE].into_iter().chain(looks).chain([MAIN]).collect();
    text.push_str(&parts.join("\n\n"));
    Some(Reproduction { name, text, unseen })
}

/// How often a script tries: a race is not won each time.
fn tries(result: &ScenarioResult, history: &History) -> usize {
    let rounds = history
        .events
        .iter()
        .any(|event| matches!(&event.kind, deadzone_history::EventKind::Step(step) if step.round > 0));
    let told = result.verdict.kind;
    let rare = result.repeats.iter().any(|run| !run.cut_short && run.verdict.kind != told);
    if rounds || rare { TRIES } else { 1 }
}

/// How long it lasts at least, s.
fn lasts_s(plan: &Plan) -> u64 {
    let pauses: u64 =
        plan.walk.steps.iter().map(|(_, step)| if let Step::Pause { us } = step { *us } else { 0 }).sum();
    let wait = if let Check::Silent(silence) = &plan.check { silence.us } else { 0 };
    pauses.saturating_add(wait).div_ceil(1_000_000)
}

fn head(
    name: &str,
    result: &ScenarioResult,
    finding: &Finding,
    of: Recording<'_>,
    unseen: Option<&str>,
    lasts_s: u64,
) -> String {
    let mut out = format!("#!/usr/bin/env python3\n{SCRIPT_MARK} {}\n#\n", python_word(&of.info.deadzone));
    let mut line =
        |label: &str, text: &str| out.push_str(&python::comment("", &format!("{label:<10} "), text));
    let clause = finding.clause.clause();
    let version = of.info.target_version.as_deref().unwrap_or("(it does not say which version)");
    line("Broker:", &format!("{} {version}", of.info.target));
    if !of.info.switched_on.is_empty() {
        line("", &format!("with {} switched on by deadzone", of.info.switched_on.join(", ")));
    }
    line("Clause:", &format!("{} (section {}): {}", clause.id, clause.section, clause.text));
    line("", clause.url());
    line("Scenario:", &format!("{} in MQTT {}: {}", result.key.id, result.key.version, result.title));
    line("Expected:", &finding.wanted);
    line("Recorded:", &finding.got);
    if let Some(date) = of.date {
        line("Date:", date);
    }
    line("Run it:", &format!("python3 {name} [HOST[:PORT]], or mqtts://HOST[:PORT] for TLS"));
    line(
        "",
        "It says FAULT SHOWN (exit code 1), not shown (0) or could not run (2), and needs Python 3.8 alone.",
    );
    line("", "MQTT_USER, MQTT_PASSWORD, MQTT_CA, MQTT_CERT and MQTT_KEY are read from the environment.");
    if lasts_s > 2 {
        line(
            "",
            &format!("It lasts {lasts_s} s at least: so long something must stay away, or time must pass."),
        );
    }
    if let Some(why) = unseen {
        line("Note:", &format!("it can't look for this fault by itself: {why}."));
    }
    out
}

/// A version number or the like.
fn python_word(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic()).take(40).collect()
}

/// The names in a script.
struct Page {
    conns: BTreeMap<ConnId, String>,
    /// Protocol levels, of connections that speak another one than the scenario.
    levels: BTreeMap<ConnId, u8>,
    /// Packets of which a later line needs something.
    named: BTreeSet<u64>,
    taken: BTreeSet<u64>,
}

impl Page {
    fn new(history: &History, plan: &Plan) -> Self {
        let other = plan.walk.versions.iter().filter(|(_, version)| **version != history.header.version);
        let mut page = Self {
            conns: BTreeMap::new(),
            levels: other.map(|(conn, version)| (*conn, version.level())).collect(),
            named: BTreeSet::new(),
            taken: BTreeSet::new(),
        };
        let mut counts = BTreeMap::new();
        for (conn, client) in &plan.walk.clients {
            let known = history.header.clients.get(client.index());
            let count = counts.entry(*client).or_insert(0);
            *count += 1;
            let mut name = python::name(known.map_or("own", |info| &info.name), *count);
            while page.conns.values().any(|other| *other == name) {
                name.push('_');
            }
            page.conns.insert(*conn, name);
        }
        let mut wants = |wanted: &Wanted| {
            for (_, given) in &wanted.fields {
                if let Given::IdOf(seq) | Given::Packet(seq) = given {
                    page.named.insert(*seq);
                }
            }
        };
        match &plan.check {
            Check::Comes { wanted, .. } => wants(wanted),
            Check::Silent(silence) => silence.wanted.iter().for_each(|(_, wanted)| wants(wanted)),
            Check::Ends { .. } | Check::Unseen(_) => {}
        }
        for (_, step) in &plan.walk.steps {
            if let Step::Take { wanted, .. } = step {
                wants(wanted);
            }
        }
        for (_, step) in &plan.walk.steps {
            match step {
                Step::Take { seq, optional: false, .. } => {
                    page.taken.insert(*seq);
                }
                Step::Send { data, .. } => page.named.extend(data.iter().filter_map(|piece| match piece {
                    Piece::IdOf(seq) => Some(*seq),
                    Piece::Bytes(_) => None,
                })),
                _ => {}
            }
        }
        page
    }

    /// Why it can't be played at all.
    fn unplayable(&self, plan: &Plan) -> Option<String> {
        let acts = plan.walk.steps.iter().filter(|(_, step)| !matches!(step, Step::Note { .. })).count();
        if acts > MOST_STEPS {
            return Some(format!("{acts} steps are too many for a script"));
        }
        if !self.named.is_subset(&self.taken) {
            return Some(
                "an identifier in it is none that the broker gave in this part of the record".to_owned(),
            );
        }
        plan.walk.unplayable.clone()
    }

    fn constants(
        &self,
        out: &mut String,
        finding: &Finding,
        history: &History,
        plan: &Plan,
        tries: usize,
        info: &RunInfo,
    ) {
        let list = |items: &BTreeSet<bytes::Bytes>| {
            let told: Vec<String> = items.iter().map(|item| python::bytes(item)).collect();
            format!("[{}]", told.join(", "))
        };
        out.push_str("import os\nimport random\nimport re\nimport select\nimport socket\nimport ssl\nimport string\nimport struct\nimport sys\nimport time\n\n");
        let prefix = python::bytes(history.header.run_prefix.as_bytes());
        let address = info.address.as_deref().and_then(plain_address).unwrap_or("127.0.0.1:1883");
        let lines = [
            format!("CLAUSE = {}", python::text(finding.clause.as_str())),
            format!(
                "VERSION = {}  # the protocol level of clients that tidy up or show that the broker lives",
                history.header.version.level()
            ),
            format!(
                "RECORDED = {prefix}  # what topics and client ids began with; each run has a word of its own"
            ),
            format!("TRIES = {tries}"),
            format!("CLIENT_IDS = {}", list(&plan.walk.client_ids)),
            format!("RETAINED = {}", list(&plan.walk.retained)),
            format!("ADDRESS = sys.argv[1] if len(sys.argv) > 1 else {}", python::text(address)),
        ];
        for line in lines {
            out.push_str(&line);
            out.push('\n');
        }
    }

    fn steps(&self, plan: &Plan) -> String {
        let unplayable = plan.walk.unplayable.is_some();
        let mut out = String::from("def steps():\n");
        let mut note = None;
        for (_, step) in &plan.walk.steps {
            if let Step::Note { text } = step {
                note = Some(text);
                continue;
            }
            if let Some(text) = note.take() {
                out.push_str(&python::comment("    ", "", text));
            }
            for line in self.step(step).lines() {
                let mark = if unplayable { "# " } else { "" };
                let written = writeln!(out, "    {mark}{line}");
                debug_assert!(written.is_ok(), "a String takes everything");
            }
        }
        out.push_str("    # and this is the question\n");
        for line in self.check(&plan.check).lines() {
            out.push_str("    ");
            out.push_str(line);
            out.push('\n');
        }
        out
    }

    fn name(&self, conn: ConnId) -> &str {
        self.conns.get(&conn).map_or("None", String::as_str)
    }

    fn list(&self, conns: &[ConnId]) -> String {
        let names: Vec<&str> = conns.iter().map(|conn| self.name(*conn)).collect();
        names.join(", ")
    }

    fn step(&self, step: &Step) -> String {
        match step {
            Step::Open { conn } => {
                let name = self.name(*conn);
                let level = self.levels.get(conn).map_or_else(String::new, |level| format!(", {level}"));
                format!("{name} = Connection({}{level})", python::text(name))
            }
            Step::Send { conn, data, text, login } => {
                let parts: Vec<String> = data
                    .iter()
                    .map(|piece| match piece {
                        Piece::Bytes(bytes) => python::hex(bytes, 8),
                        Piece::IdOf(seq) => format!("word(p{seq}.id)"),
                    })
                    .collect();
                let data = parts.join(" + ");
                let data = if *login { format!("login({data})") } else { data };
                format!("send({}, {data},\n     {})", self.name(*conn), python::text(text))
            }
            Step::Take { seq, conn, wanted, optional, within_us } => {
                let set = if self.named.contains(seq) { format!("p{seq} = ") } else { String::new() };
                let more =
                    if *optional { ", optional=True, within=2".to_owned() } else { within(*within_us) };
                format!("{set}take({}, {}{more})", self.name(*conn), self.wanted(wanted))
            }
            Step::Finish { conn } => format!("finish({})", self.name(*conn)),
            Step::Reset { conn } => format!("reset({})", self.name(*conn)),
            Step::Gone { conn, optional, within_us } => {
                let more = if *optional { ", optional=True".to_owned() } else { within(*within_us) };
                format!("gone({}{more})", self.name(*conn))
            }
            Step::Pause { us } => format!("pause({})", seconds(*us)),
            Step::Note { .. } => String::new(),
        }
    }

    fn wanted(&self, wanted: &Wanted) -> String {
        let fields = self.fields(wanted);
        let kind = python::text(wanted.kind.name());
        if fields.is_empty() { kind } else { format!("{kind}, {}", fields.join(", ")) }
    }

    fn fields(&self, wanted: &Wanted) -> Vec<String> {
        let given = |given: &Given| match given {
            Given::Number(number) => number.to_string(),
            Given::Bytes(data) => python::bytes(data),
            Given::Codes(codes) => format!("{:?}", &codes[..]),
            Given::IdOf(seq) => format!("p{seq}.id"),
            Given::Packet(seq) => format!("p{seq}"),
        };
        wanted.fields.iter().map(|(name, value)| format!("{name}={}", given(value))).collect()
    }

    fn check(&self, check: &Check) -> String {
        match check {
            Check::Comes { conn, wanted, at_once, within_us } => {
                let more = if *at_once { ", at_once=True" } else { "" };
                format!(
                    "fault_if_comes({}, {}{more}{})",
                    self.name(*conn),
                    self.wanted(wanted),
                    within(*within_us)
                )
            }
            Check::Ends { conn, within_us } => {
                format!("fault_if_ends({}{})", self.name(*conn), within(*within_us))
            }
            Check::Silent(silence) => {
                let wanted = silence.wanted.iter().map(|(conn, wanted)| {
                    let fields = self.fields(wanted).join(", ");
                    format!("({}, {}, dict({fields}))", self.name(*conn), python::text(wanted.kind.name()))
                });
                let wanted: Vec<String> = wanted.collect();
                let end_of =
                    silence.end_of.map_or_else(|| "None".to_owned(), |conn| self.name(conn).to_owned());
                format!(
                    "fault_unless({}, [{}],\n             end_of={end_of}, left=[{}], ping=[{}], every={})",
                    seconds(silence.us),
                    wanted.join(",\n                  "),
                    self.list(&silence.left),
                    self.list(&silence.ping),
                    silence.every_s
                )
            }
            Check::Unseen(why) => {
                format!("raise NotShown({})", python::text(&format!("a script can't look for it: {why}")))
            }
        }
    }
}

/// How long something may take, where that is not the patience.
fn within(us: Option<u64>) -> String {
    us.map_or_else(String::new, |us| format!(", within={}", seconds(us)))
}

/// Seconds, as Python writes them.
fn seconds(us: u64) -> String {
    let ms = us.div_ceil(1_000);
    if ms % 1_000 == 0 { (ms / 1_000).to_string() } else { format!("{}.{:03}", ms / 1_000, ms % 1_000) }
}

/// An address that can be a default: a host with a port, and nothing that needs more than that.
fn plain_address(address: &str) -> Option<&str> {
    let plain = address.strip_prefix("mqtt://").unwrap_or(address);
    let harmless = |c: char| c.is_ascii_alphanumeric() || ".:-[]".contains(c);
    (plain.contains(':') && plain.chars().all(harmless)).then_some(plain)
}
