//! `with next` and `in [text] frames …`, behind what a `->` sends.

use super::cursor::Parsed;
use super::scenario::Unread;
use super::step::StepLine;
use crate::diagnostic::{Diagnostic, code, shown};
use crate::{At, FrameWord, Framing, Need, Scenario, Step, StepKind};

/// Words that begin it.
pub(super) const WORDS: [&str; 2] = ["with", "in"];
/// Most bytes of a frame that a script can ask for: the longest MQTT packet.
const BYTES_MAX: u32 = 268_435_460;

impl StepLine<'_, '_> {
    /// How the bytes are written, where the line says so.
    pub(super) fn framing(&mut self, client: usize) -> Parsed<Framing> {
        let mark = self.cursor.mark();
        if self.cursor.eat("with") {
            if !self.cursor.eat("next") {
                return Err(self.cursor.missing("`next`"));
            }
            self.only_direct(client, mark);
            return Ok(Framing::WithNext);
        }
        if !self.cursor.eat("in") {
            return Ok(Framing::Alone);
        }
        let text = self.cursor.eat("text");
        if !self.cursor.eat("frames") {
            return Err(self.cursor.missing("`frames` or `text frames`"));
        }
        let frames = self.frames()?;
        let at = self.cursor.since(mark);
        if text && !self.marks.deviant {
            let mistake = Diagnostic::error(code::NOT_MARKED, at, "MQTT in text frames breaks the protocol");
            self.cursor.report(mistake.help("end the line with `deviant`"));
        }
        self.only_direct(client, mark);
        Ok(Framing::Frames { text, frames })
    }

    fn frames(&mut self) -> Parsed<Vec<FrameWord>> {
        let mark = self.cursor.mark();
        let mut frames = Vec::new();
        while let Some(word) = self.cursor.peek_word().filter(|word| *word != "broken") {
            let at = self.cursor.here();
            self.cursor.bump();
            frames.push(self.frame(word, at)?);
        }
        let is_data = |frame: &&FrameWord| matches!(frame, FrameWord::Data { .. });
        let rests = frames.iter().filter(|f| matches!(f, FrameWord::Data { bytes: None, .. })).count();
        let wrong = match frames.iter().rfind(is_data) {
            None => "no frame carries the bytes",
            Some(FrameWord::Data { goes_on: true, .. }) => "the last message has no end",
            Some(_) if rests > 1 => "only one frame can have all the rest",
            Some(_) => return Ok(frames),
        };
        let at = self.cursor.since(mark);
        let mistake = Diagnostic::error(code::FRAMES, at, wrong);
        Err(self.cursor.fail(mistake.help("write their lengths, `*` for the rest: `in frames 1 3 *`")))
    }

    fn frame(&mut self, word: &str, at: At) -> Parsed<FrameWord> {
        let (length, goes_on) = match word.strip_suffix('+') {
            Some(length) => (length, true),
            None => (word, false),
        };
        let digits = !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit());
        match (word, length) {
            ("ping", _) => Ok(FrameWord::Ping),
            ("pong", _) => Ok(FrameWord::Pong),
            (_, "*") => Ok(FrameWord::Data { bytes: None, goes_on }),
            _ => match length.parse().ok().filter(|bytes| digits && *bytes <= BYTES_MAX) {
                Some(bytes) => Ok(FrameWord::Data { bytes: Some(bytes), goes_on }),
                None => {
                    let message = format!("`{}` is no frame", shown(word));
                    let mistake = Diagnostic::error(code::FRAMES, at, message)
                        .label("expected a length, `*`, `ping` or `pong`")
                        .help("a `+` behind the length: the next frame goes on with the message");
                    Err(self.cursor.fail(mistake))
                }
            },
        }
    }

    /// A link hands bytes on as its faults want, so what it carries has no frames of the script's.
    fn only_direct(&mut self, client: usize, mark: usize) {
        if self.clients.get(client).is_some_and(|client| !client.direct) {
            let at = self.cursor.since(mark);
            let mistake =
                Diagnostic::error(code::FRAMES, at, "a link decides by itself in which pieces bytes pass");
            self.cursor.report(mistake.help("declare the client `direct`"));
        }
    }
}

/// What must be true of all steps together: frames need a WebSocket, and what is kept for the next `->` has one.
pub(super) fn check(scenario: &Scenario, steps: &[Step], unread: &Unread, mistakes: &mut Vec<Diagnostic>) {
    let not_ws = !scenario.needs.contains(&Need::Ws);
    if let Some(client) = scenario.clients.iter().find(|client| not_ws && !client.offers.is_empty()) {
        let mistake = Diagnostic::error(code::FRAMES, client.at, "only a WebSocket has subprotocols")
            .help("add `needs ws`");
        if !mistakes.contains(&mistake) {
            mistakes.push(mistake);
        }
    }
    for (index, step) in steps.iter().enumerate() {
        let Some((client, framing)) = sent(step).filter(|(client, _)| !unread.clients.contains(client))
        else {
            continue;
        };
        match framing {
            Framing::Alone => {}
            Framing::Frames { .. } if scenario.needs.contains(&Need::Ws) => {}
            Framing::Frames { .. } => {
                let message = "only a WebSocket has frames";
                let mistake = Diagnostic::error(code::FRAMES, step.at, message);
                mistakes.push(mistake.help("add `needs ws`"));
            }
            Framing::WithNext => {
                let next = steps.get(index + 1);
                let kept = next.and_then(sent).is_some_and(|(who, _)| who == client);
                if !kept || next.is_some_and(|next| next.only != step.only) {
                    let message = "the next step sends nothing that it could go with";
                    let mistake = Diagnostic::error(code::FRAMES, step.at, message);
                    mistakes.push(mistake.help("the line below is a `->` of the same client"));
                }
            }
        }
    }
}

fn sent(step: &Step) -> Option<(usize, &Framing)> {
    match &step.kind {
        StepKind::Send { client, framing, .. } | StepKind::SendBytes { client, framing, .. } => {
            Some((*client, framing))
        }
        _ => None,
    }
}
