//! Draws the timeline. Each row has a lane with the client's end on the left and the broker's end on the right; a packet's
//! text stands at its sender's end and its arrow shows how far it came.

use std::collections::{BTreeMap, BTreeSet};

use deadzone_history::{By, ClientInfo, Close, Direction, End, Event, EventKind, History};
use deadzone_spec::{ClauseId, Node};
use deadzone_verdict::Finding;

use super::page::{Page, Role, wrap};
use crate::timeline::{Fate, Row, Shown, What, close_word, rows, seconds, select};

/// Most rows of a shortened timeline.
pub(crate) const ROWS: usize = 60;
/// A timeline of fewer rows has one line for all that it leaves out, and none for what is said above it.
pub(crate) const TERSE: usize = 20;
/// Widest lane: a longer arrow says no more, and few packets need more room.
const LANE: usize = 140;
/// An end that is later by less than this, µs, is not worth a remark.
const LATE_US: u64 = 5_000;

/// Draws the history around a finding, in at most so many rows; the whole of it without one, or where there is no bound.
pub(crate) fn draw(page: &mut Page, history: &History, finding: Option<&Finding>, bound: Option<usize>) {
    let rows = rows(history);
    let evidence: Vec<u64> = finding.map_or_else(Vec::new, |f| evidence_of(history, f));
    let clients = clients_of_story(history, &rows, &evidence);
    let shown = select(&rows, &evidence, bound.is_some().then_some(&clients), bound.unwrap_or(ROWS));
    let terse = bound.is_some_and(|bound| bound < TERSE);
    let lanes = Lanes::new(page, history);
    if !terse {
        lanes.head(page);
    }
    let last = rows.iter().rposition(|row| evidence.iter().any(|seq| row.is(*seq)));
    let mut hidden = 0;
    for entry in shown {
        match entry {
            Shown::Hidden(n) if terse => hidden += n,
            Shown::Hidden(n) => lanes.hidden(page, n),
            Shown::Row(i) => {
                let mark = match evidence.iter().any(|seq| rows[i].is(*seq)) {
                    _ if Some(i) == last => Some(page.glyphs.cross),
                    true => Some(page.glyphs.bullet),
                    false => None,
                };
                lanes.row(page, &rows[i], mark);
                if let (Some(finding), true, false) = (finding, Some(i) == last, terse) {
                    lanes.verdict(page, finding.clause, &finding.got);
                }
            }
        }
    }
    if hidden > 0 {
        lanes.hidden(page, hidden);
    }
}

/// What the finding names, and the end of the wait where nothing came: there the reader looks for the missing packet.
fn evidence_of(history: &History, finding: &Finding) -> Vec<u64> {
    let ended_in_vain = |event: &Event| match &event.kind {
        EventKind::Unmet { claim, got: None, .. } => finding.claim == Some(*claim),
        _ => false,
    };
    let waits = history.events.iter().filter(|event| ended_in_vain(event)).map(|event| event.seq);
    finding.evidence.iter().copied().chain(waits).collect()
}

/// Few clients are all shown: what the quiet one did not get is part of the story. Of many, those with evidence or faults.
fn clients_of_story(history: &History, rows: &[Row], evidence: &[u64]) -> BTreeSet<usize> {
    let count = history.header.clients.len();
    if count <= 3 {
        return (0..count).collect();
    }
    let of_story = |row: &&Row| matches!(row.what, What::Link(_)) || evidence.iter().any(|seq| row.is(*seq));
    rows.iter().filter(of_story).filter_map(|row| row.client).collect()
}

/// What clients are called: with the node at which they are, where they are at several.
struct Names(Vec<String>);

impl Names {
    fn new(history: &History) -> Self {
        let mut nodes: BTreeMap<usize, BTreeSet<Node>> = BTreeMap::new();
        for event in &history.events {
            if let EventKind::Opened { client, node, .. } = &event.kind {
                nodes.entry(client.index()).or_default().insert(*node);
            }
        }
        let several = nodes.values().flatten().any(|node| !node.is_first());
        let named = |(index, client): (usize, &ClientInfo)| match nodes.get(&index) {
            Some(at) if several && !client.bridge => {
                let at: Vec<String> = at.iter().map(Node::to_string).collect();
                format!("{}@{}", client.name, at.join("+"))
            }
            _ => client.name.clone(),
        };
        Self(history.header.clients.iter().enumerate().map(named).collect())
    }

    fn of(&self, index: usize) -> &str {
        self.0.get(index).map_or("harness", String::as_str)
    }
}

/// The columns.
struct Lanes {
    names: Names,
    number: usize,
    time: usize,
    name: usize,
    lane: usize,
}

impl Lanes {
    fn new(page: &Page, history: &History) -> Self {
        let last = history.events.last();
        let number = last.map_or(0, |event| event.seq).to_string().len() + 1;
        let time = (last.map_or(0, |event| event.at_us) / 1_000_000).to_string().len() + 4;
        let names = Names::new(history);
        let name = names.0.iter().map(|name| name.chars().count()).max().unwrap_or(0).clamp(6, 12);
        let used = 4 + number + 1 + time + 2 + name + 2;
        Self { names, number, time, name, lane: page.options.width.saturating_sub(used).clamp(20, LANE) }
    }

    fn head(&self, page: &mut Page) {
        let Self { number, time, name, lane, .. } = *self;
        let gap = lane.saturating_sub("at the client".len() + "link".len() + "at the broker".len());
        let (left, right) = (" ".repeat(gap / 2), " ".repeat(gap - gap / 2));
        let line = format!(
            "    {:>number$} {:>time$}  {:<name$}  at the client{left}link{right}at the broker",
            "#", "s", "client"
        );
        let line = page.paint(Role::Faint, &line);
        page.raw(&line);
    }

    fn lead(&self, page: &Page, row: &Row, mark: Option<char>) -> String {
        let (evidence, mark) = (mark.is_some(), mark.unwrap_or(' '));
        let number = format!("#{}", row.seq);
        let time = format!("{}.{:03}", row.at_us / 1_000_000, row.at_us % 1_000_000 / 1_000);
        let client = row.client.map_or("", |index| self.names.of(index));
        let name = page.safe(client, self.name);
        let text = format!(
            "  {mark} {number:>nw$} {time:>tw$}  {name:<aw$}  ",
            nw = self.number,
            tw = self.time,
            aw = self.name
        );
        page.paint(if evidence { Role::Bad } else { Role::Faint }, &text)
    }

    fn row(&self, page: &mut Page, row: &Row, mark: Option<char>) {
        let (role, lines) = self.drawing(page, row);
        let role = if mark.is_some() { Role::Bad } else { role };
        let lead = self.lead(page, row, mark);
        let indent = " ".repeat(self.indent());
        for (i, line) in lines.iter().enumerate() {
            let line = format!("{}{}", if i == 0 { &lead } else { &indent }, page.paint(role, line));
            page.raw(&line);
        }
    }

    fn indent(&self) -> usize {
        4 + self.number + 1 + self.time + 2 + self.name + 2
    }

    fn drawing(&self, page: &Page, row: &Row) -> (Role, Vec<String>) {
        let glyphs = page.glyphs;
        match &row.what {
            What::Packet { direction, text, fate, .. } => {
                let role = if matches!(fate, Fate::Passed(_)) { Role::Plain } else { Role::Link };
                (role, self.packet(page, *direction, text, fate, row.other))
            }
            What::Fragment { direction, end, length } => {
                let text = format!("{length} bytes of an unfinished packet");
                let right = (*end == End::Broker) == (*direction == Direction::Up);
                (Role::Link, if right { self.at_broker(page, &text) } else { self.at_client(page, &text) })
            }
            What::Link(text) => {
                let text = page.safe(text, self.lane.saturating_sub(4));
                let bar = glyphs.block.to_string();
                (Role::Link, vec![centred(&format!("{bar} {text} {bar}"), self.lane)])
            }
            What::Closed { end, by, how } => {
                let word = close_word(*how);
                match (end, by) {
                    (End::Broker, By::Broker) => {
                        (Role::Doubtful, self.at_broker(page, &format!("closes the connection ({word})")))
                    }
                    (End::Broker, By::Harness) => {
                        (Role::Faint, self.at_broker(page, &format!("is given {word}")))
                    }
                    (End::Client, By::Broker) => {
                        (Role::Faint, self.at_client(page, &format!("sees the broker's close ({word})")))
                    }
                    // At the client's end a reset also stands for a connection that is lost without a word.
                    (End::Client, By::Harness) if *how == Close::Rst => {
                        (Role::Faint, self.at_client(page, "loses the connection"))
                    }
                    (End::Client, By::Harness) => {
                        (Role::Faint, self.at_client(page, &format!("closes ({word})")))
                    }
                }
            }
            What::Silence(text) => (Role::Doubtful, self.wide(page, text)),
            What::Note(text) => (Role::Faint, self.wide(page, text)),
        }
    }

    fn packet(
        &self,
        page: &Page,
        direction: Direction,
        text: &str,
        fate: &Fate,
        other: Option<u64>,
    ) -> Vec<String> {
        let up = direction == Direction::Up;
        let remark = remark(up, fate, other);
        // Beside the text there is room for the remark and a short arrow.
        let room = self.lane.saturating_sub(remark.chars().count() + 8).max(16);
        let mut lines = wrap(&page.safe(text, self.lane * 6), room).into_iter();
        let first = lines.next().unwrap_or_default();
        let length = self.lane.saturating_sub(first.chars().count() + 2);
        let line = match (fate, up) {
            (Fate::Lost(_) | Fate::Torn(..), _) => self.broken_arrow(page, up, &first, &remark),
            (_, true) => format!("{first} {}{}", shaft(page, length, &remark), page.glyphs.right),
            (_, false) => format!("{}{} {first}", page.glyphs.left, shaft(page, length, &remark)),
        };
        let rest =
            lines.map(|line| if up { format!("  {line}") } else { format!("{line:>w$}", w = self.lane) });
        std::iter::once(line).chain(rest).collect()
    }

    /// It ends in the middle, where the link is, as far as the texts let it.
    fn broken_arrow(&self, page: &Page, up: bool, text: &str, remark: &str) -> String {
        let (used, after) = (text.chars().count() + 1, remark.chars().count() + 2);
        let longest = self.lane.saturating_sub(used + after).max(2);
        let length = (self.lane / 2).saturating_sub(used).clamp(2, longest);
        let (shaft, cross) = (shaft(page, length, ""), page.glyphs.cross);
        if up {
            format!("{text} {shaft}{cross} {remark}")
        } else {
            let line = format!("{remark} {cross}{shaft} {text}");
            format!("{line:>w$}", w = self.lane)
        }
    }

    fn at_client(&self, page: &Page, text: &str) -> Vec<String> {
        vec![format!("{} {}", page.glyphs.bar, page.safe(text, self.lane.saturating_sub(2)))]
    }

    fn at_broker(&self, page: &Page, text: &str) -> Vec<String> {
        let text = format!("{} {}", page.safe(text, self.lane.saturating_sub(2)), page.glyphs.bar);
        vec![format!("{text:>w$}", w = self.lane)]
    }

    fn wide(&self, page: &Page, text: &str) -> Vec<String> {
        let dots: String = std::iter::repeat_n(page.glyphs.dot, 3).collect();
        wrap(&format!("{dots} {}", page.safe(text, self.lane * 3)), self.lane)
    }

    fn hidden(&self, page: &mut Page, n: usize) {
        let dots = if page.options.ascii { "..." } else { "…" };
        let plural = if n == 1 { "" } else { "s" };
        let line = format!("{}{dots} {n} row{plural} hidden", " ".repeat(self.indent()));
        let line = page.paint(Role::Faint, &line);
        page.raw(&line);
    }

    /// Under the last row of the evidence: what is wrong with it.
    fn verdict(&self, page: &mut Page, clause: ClauseId, got: &str) {
        let text = page.safe(&format!("{clause}: {got}"), 240);
        let here = page.glyphs.here;
        for (i, line) in
            wrap(&text, page.options.width.saturating_sub(self.indent() + 2).max(30)).iter().enumerate()
        {
            let mark = if i == 0 { here } else { ' ' };
            let line = page.paint(Role::Bad, &format!("{}{mark} {line}", " ".repeat(self.indent())));
            page.raw(&line);
        }
    }
}

/// What is to be said of a packet's way, if anything.
fn remark(up: bool, fate: &Fate, other: Option<u64>) -> String {
    let number = other.map(|seq| format!(" #{seq}")).unwrap_or_default();
    match fate {
        Fate::Passed(us) if *us >= LATE_US && up => format!("sent{number} {} earlier", seconds(*us)),
        Fate::Passed(us) if *us >= LATE_US => format!("arrived{number} {} later", seconds(*us)),
        Fate::Passed(_) => String::new(),
        Fate::Lost(why) => (*why).to_owned(),
        Fate::Torn(part, whole) => format!("torn: {part} of {whole} bytes passed"),
        Fate::Unsent => "not sent like this".to_owned(),
    }
}

/// The line of an arrow with a remark in its middle.
fn shaft(page: &Page, length: usize, remark: &str) -> String {
    let line = |n: usize| std::iter::repeat_n(page.glyphs.line, n).collect::<String>();
    if remark.is_empty() {
        return line(length);
    }
    let rest = length.saturating_sub(remark.chars().count() + 2);
    format!("{} {remark} {}", line(rest / 2), line(rest - rest / 2))
}

fn centred(text: &str, width: usize) -> String {
    let pad = width.saturating_sub(text.chars().count()) / 2;
    format!("{}{text}", " ".repeat(pad))
}
