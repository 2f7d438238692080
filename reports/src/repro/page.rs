//! The steps of a plan as lines of Python.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use deadzone_history::{ConnId, History};
use deadzone_spec::Node;

use super::{
    check::{Check, Plan},
    python,
    step::{Given, Piece, Step, Wanted},
};

/// Most steps of a script that somebody can read.
const MOST_STEPS: usize = 1_500;

/// The names in a script.
pub(super) struct Page {
    conns: BTreeMap<ConnId, String>,
    /// Protocol levels, of connections that speak another one than the scenario.
    levels: BTreeMap<ConnId, u8>,
    /// Packets of which a later line needs something.
    nodes: BTreeMap<ConnId, Node>,
    named: BTreeSet<u64>,
    taken: BTreeSet<u64>,
}

impl Page {
    pub(super) fn new(history: &History, plan: &Plan) -> Self {
        let other = plan.walk.versions.iter().filter(|(_, version)| **version != history.header.version);
        let mut page = Self {
            conns: BTreeMap::new(),
            levels: other.map(|(conn, version)| (*conn, version.level())).collect(),
            nodes: plan.walk.nodes.clone(),
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
    pub(super) fn unplayable(&self, plan: &Plan) -> Option<String> {
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

    /// The function that plays it, and asks at its end.
    pub(super) fn steps(&self, plan: &Plan) -> String {
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
                let node = self.nodes.get(conn).map_or_else(String::new, |node| format!(", node={node}"));
                format!("{name} = Connection({}{level}{node})", python::text(name))
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
    if ms.is_multiple_of(1_000) {
        (ms / 1_000).to_string()
    } else {
        format!("{}.{:03}", ms / 1_000, ms % 1_000)
    }
}
