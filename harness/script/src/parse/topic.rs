//! Topic names and filters of the text: what a polite client must not send.

use super::cursor::Parsed;
use super::step::StepLine;
use crate::diagnostic::{Diagnostic, code};
use crate::{At, Payload};

impl StepLine<'_, '_> {
    /// A topic name.
    pub(super) fn topic(&mut self) -> Parsed<Payload> {
        let (topic, at) = self.cursor.text("a topic")?;
        self.check_topic(&topic, at);
        Ok(topic)
    }

    /// A topic filter.
    pub(super) fn filter(&mut self) -> Parsed<Payload> {
        let (filter, at) = self.cursor.text("a filter")?;
        self.check_filter(&filter, at);
        Ok(filter)
    }

    pub(super) fn check_topic(&mut self, topic: &Payload, at: At) {
        let wild = topic.0.iter().any(|byte| matches!(byte, b'+' | b'#'));
        self.illegal(if wild { Some("a topic name holds no wildcard") } else { wrong_text(topic) }, at);
    }

    pub(super) fn check_filter(&mut self, filter: &Payload, at: At) {
        let levels: Vec<&[u8]> = filter.0.split(|byte| *byte == b'/').collect();
        let last = levels.len() - 1;
        let misplaced = levels.iter().enumerate().any(|(place, level)| {
            let alone = level.len() == 1;
            (level.contains(&b'#') && !(alone && place == last)) || (level.contains(&b'+') && !alone)
        });
        let wild = "in a filter `+` fills a level and `#` the last one";
        self.illegal(if misplaced { Some(wild) } else { wrong_text(filter) }, at);
    }

    fn illegal(&mut self, what: Option<&str>, at: At) {
        if let Some(what) = what.filter(|_| !self.marks.deviant) {
            let mistake = Diagnostic::error(code::NOT_MARKED, at, what);
            self.cursor.report(mistake.help("if that is meant, end the line with `deviant`"));
        }
    }
}

fn wrong_text(text: &Payload) -> Option<&'static str> {
    if text.0.is_empty() {
        Some("a topic or filter is not empty")
    } else if text.0.contains(&0) {
        Some("a topic or filter holds no U+0000")
    } else if std::str::from_utf8(&text.0).is_err() {
        Some("a topic or filter is UTF-8")
    } else {
        None
    }
}
