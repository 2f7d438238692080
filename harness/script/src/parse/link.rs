//! `link X …`: faults, when they happen, and waiting for what the broker's end saw.

use deadzone_link::{Cut, Direction, Edge, Fault, Way};
use deadzone_spec::nearest;
use deadzone_wire::{PacketKind, Version};

use super::cursor::Parsed;
use super::packet::natural;
use super::step::StepLine;
use super::value::{number, time_ms};
use crate::diagnostic::{Diagnostic, code, shown};
use crate::{At, PacketTemplate, StepKind, TriggerTemplate};

const WAYS: [(&str, Way); 3] = [("up", Way::Up), ("down", Way::Down), ("both", Way::Both)];
const CUTS: [(&str, Cut); 3] = [("rst", Cut::Rst), ("fin", Cut::Fin), ("silent", Cut::Silent)];
const FAULTS: [&str; 11] = [
    "blackhole",
    "cut",
    "hold",
    "release",
    "tear",
    "slice",
    "coalesce",
    "delay",
    "restore",
    "saw",
    "profile",
];
const UNPHYSICAL: [&str; 9] =
    ["drop", "lose", "loss", "discard", "swallow", "duplicate", "reorder", "corrupt", "flip"];
/// Most bytes of a slice: a packet has no more.
const SLICE_MAX: u32 = 268_435_460;
/// Highest packet that a trigger can count to.
const NTH_MAX: u32 = 1_000_000;

impl StepLine<'_, '_> {
    pub(super) fn link(&mut self) -> Parsed<StepKind> {
        let at = self.cursor.here();
        let client = self.next_client()?;
        if self.clients[client].direct {
            let message = format!("`{}` is direct: it never crosses the link", self.clients[client].name);
            return Err(self.cursor.fail(Diagnostic::error(code::DIRECT, at, message)));
        }
        let (word, at) = self.cursor.word("a fault")?;
        let fault = match word {
            "saw" => return self.saw(client),
            "profile" => {
                let profile = super::client::profile(&mut self.cursor)?;
                return Ok(StepKind::LinkProfile { client, profile });
            }
            "tear" => return self.tear(client),
            "blackhole" => Fault::Blackhole(self.way()?),
            "hold" => Fault::Hold(self.way()?),
            "release" => Fault::Release(self.way()?),
            "cut" => {
                let how = self.cursor.choose("sort of cut", &CUTS)?;
                if let Some(cut) = self.tls_cut(how)? {
                    return Ok(StepKind::CutTls { client, cut });
                }
                Fault::Cut(how)
            }
            "slice" => Fault::Slice(self.way()?, self.cursor.count("the size of a slice", 1, SLICE_MAX)?),
            "coalesce" => Fault::Coalesce(self.way()?, self.cursor.time()? * 1000),
            "delay" => Fault::Delay(self.way()?, self.cursor.time()? * 1000),
            "restore" => Fault::Restore,
            _ => return Err(self.no_fault(word, at)),
        };
        let when = self.when(client, fault)?;
        Ok(StepKind::Link { client, fault, when })
    }

    fn no_fault(&mut self, word: &str, at: At) -> super::cursor::Abandoned {
        let mistake = if UNPHYSICAL.contains(&word) {
            Diagnostic::error(code::UNPHYSICAL, at, format!("no link can `{word}` a part of a byte stream"))
                .help("use `blackhole up|down from PACKET` and then `cut silent`")
        } else {
            Diagnostic::error(code::UNKNOWN_FAULT, at, format!("unknown fault `{}`", shown(word)))
                .suggest(nearest(word, FAULTS))
        };
        self.cursor.fail(mistake)
    }

    fn way(&mut self) -> Parsed<Way> {
        self.cursor.choose("direction", &WAYS)
    }

    /// `tear PACKET up|down at K`: a black hole of that direction from there on.
    fn tear(&mut self, client: usize) -> Parsed<StepKind> {
        let (nth, packet, direction) = self.watched(client, None)?;
        if !self.cursor.eat("at") {
            return Err(self.cursor.missing("`at` and a number of bytes"));
        }
        let edge = Edge::At(self.cursor.count("the place of a tear", 1, SLICE_MAX)?);
        let way = match direction {
            Direction::Up => Way::Up,
            Direction::Down => Way::Down,
        };
        let when = TriggerTemplate::On { edge, nth, packet, direction };
        Ok(StepKind::Link { client, fault: Fault::Blackhole(way), when })
    }

    /// `saw PACKET [up|down] [within T]`.
    fn saw(&mut self, client: usize) -> Parsed<StepKind> {
        let versions = self.versions_of(client);
        let (packet, at) = self.template(&versions)?;
        let direction = self.direction(packet.kind, &versions, at, None)?;
        let within_ms = self.within()?;
        Ok(StepKind::LinkSaw { client, packet, direction, within_ms })
    }

    /// Now, `after T`, `before|after|from [n-th] PACKET …`, `at K of [n-th] PACKET …`.
    fn when(&mut self, client: usize, fault: Fault) -> Parsed<TriggerTemplate> {
        let edge = match self.cursor.peek_word() {
            None => return Ok(TriggerTemplate::Now),
            Some("before" | "from") => Edge::Before,
            Some("after") => Edge::After,
            Some("at") => {
                self.cursor.bump();
                let bytes = self.cursor.count("a number of bytes", 1, SLICE_MAX)?;
                if !self.cursor.eat("of") {
                    return Err(self.cursor.missing("`of`"));
                }
                return self.on(client, Edge::At(bytes), fault);
            }
            Some(word) => {
                let near = nearest(word, ["before", "after", "from", "at"]);
                let message = format!("`{}` is no time", shown(word));
                let mistake = Diagnostic::error(code::UNKNOWN_WORD, self.cursor.here(), message)
                    .label("expected `before`, `after`, `from` or `at`");
                return Err(self.cursor.fail(mistake.suggest(near)));
            }
        };
        self.cursor.bump();
        if edge == Edge::After
            && let Some(word) = self.cursor.peek_word()
            && word.starts_with(|c: char| c.is_ascii_digit())
            && (ordinal(word).is_none() || time_ms(word).is_some())
        {
            return Ok(TriggerTemplate::AfterMs(self.cursor.time()?));
        }
        self.on(client, edge, fault)
    }

    fn on(&mut self, client: usize, edge: Edge, fault: Fault) -> Parsed<TriggerTemplate> {
        let own = match fault {
            Fault::Blackhole(way) | Fault::Hold(way) | Fault::Release(way) => way,
            Fault::Slice(way, _) | Fault::Coalesce(way, _) | Fault::Delay(way, _) => way,
            Fault::Cut(_) | Fault::Restore => Way::Both,
        };
        let own = match own {
            Way::Up => Some(Direction::Up),
            Way::Down => Some(Direction::Down),
            Way::Both => None,
        };
        let (nth, packet, direction) = self.watched(client, own)?;
        Ok(TriggerTemplate::On { edge, nth, packet, direction })
    }

    /// `[n-th] PACKET [fields] [up|down]`.
    fn watched(&mut self, client: usize, own: Option<Direction>) -> Parsed<(u32, PacketTemplate, Direction)> {
        let versions = self.versions_of(client);
        let mut nth = 1;
        if let Some(word) = self.cursor.peek_word()
            && word.starts_with(|c: char| c.is_ascii_digit())
        {
            nth = ordinal(word).filter(|nth| (1..=NTH_MAX).contains(nth)).ok_or_else(|| {
                let message = format!("`{}` counts nothing", shown(word));
                let mistake = Diagnostic::error(code::WRONG_SORT, self.cursor.here(), message);
                self.cursor.fail(mistake.label("expected 1st, 2nd, 3rd …"))
            })?;
            self.cursor.bump();
        }
        let (packet, at) = self.template(&versions)?;
        let direction = self.direction(packet.kind, &versions, at, own)?;
        Ok((nth, packet, direction))
    }

    /// The direction given, the packet's only one, or the fault's own.
    fn direction(
        &mut self,
        kind: PacketKind,
        versions: &[Version],
        at: At,
        own: Option<Direction>,
    ) -> Parsed<Direction> {
        let only = natural(kind, versions);
        let word_at = self.cursor.here();
        let given = if self.cursor.eat("up") {
            Some(Direction::Up)
        } else {
            self.cursor.eat("down").then_some(Direction::Down)
        };
        if let (Some(given), Some(only)) = (given, only)
            && given != only
            && !self.marks.deviant
        {
            let mistake = Diagnostic::error(code::WRONG_WAY, word_at, format!("{kind} never goes {given}"));
            return Err(self.cursor.fail(mistake));
        }
        given.or(only).or(own).ok_or_else(|| {
            let mistake =
                Diagnostic::error(code::DIRECTION, at, format!("{kind} goes up and down: which is meant?"));
            self.cursor.fail(mistake.help(format!("write `{kind} up` or `{kind} down`")))
        })
    }
}

/// `2nd`, `3rd`.
fn ordinal(word: &str) -> Option<u32> {
    let digits = ["st", "nd", "rd", "th"].iter().find_map(|suffix| word.strip_suffix(suffix))?;
    number(digits)
}
