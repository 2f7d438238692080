//! What defects make of topics and filters on their way in, of matching, and of who gets a message. A conformant broker takes each
//! name byte for byte (4.7.3-4) and matches by [`subscription::matches`] alone. Knows no session.

use deadzone_wire::Text;

use super::{message::Message, subscription};
use crate::{Config, Defect};

/// U+FEFF as UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";
/// The bytes of a topic from which [`Defect::LongTopicsLost`] loses it.
const LONG: usize = 0x8000;
/// The most levels of a topic that [`Defect::DeepTopicsLost`] does not lose.
const DEEP: usize = 32;

/// A topic or a filter as the broker takes it.
pub(super) fn taken(name: &Text, config: &Config) -> Text {
    let mut bytes = name.0.to_vec();
    if config.has(Defect::BomStripped) && bytes.starts_with(BOM) {
        bytes.drain(..BOM.len());
    }
    if config.has(Defect::TopicsFolded) {
        bytes.make_ascii_lowercase();
    }
    if config.has(Defect::EmptyLevelsSkipped) {
        let levels: Vec<&[u8]> = bytes.split(|b| *b == b'/').filter(|level| !level.is_empty()).collect();
        bytes = levels.join(&b'/');
    }
    if config.has(Defect::LettersComposed) {
        let composed = String::from_utf8_lossy(&bytes).replace("e\u{301}", "\u{e9}");
        let levels: Vec<&str> = composed.split('/').map(|level| level.trim_matches(' ')).collect();
        bytes = levels.join("/").into_bytes();
    }
    Text(bytes.into())
}

/// Whether a filter matches a topic.
pub(super) fn matches(filter: &[u8], topic: &[u8], config: &Config) -> bool {
    if config.has(Defect::WildcardsMatchAll) && filter.iter().any(|b| matches!(b, b'+' | b'#')) {
        return true;
    }
    let levels = |name: &[u8]| name.split(|b| *b == b'/').count();
    if config.has(Defect::WildcardsReachDollar) && topic.starts_with(b"$") {
        return subscription::matches(filter, &topic[1..]);
    }
    let pairs = || filter.split(|b| *b == b'/').zip(topic.split(|b| *b == b'/'));
    if config.has(Defect::PlusMissesEmptyLevel) && pairs().any(|(f, t)| f == b"+" && t.is_empty()) {
        return false;
    }
    if config.has(Defect::HashMissesParent) && filter.ends_with(b"/#") && levels(topic) < levels(filter) {
        return false;
    }
    if let Some(head) = filter.strip_suffix(b"+")
        && config.has(Defect::PlusCrossesLevels)
        && levels(topic) > levels(filter)
    {
        return subscription::matches(&[head, b"#"].concat(), topic);
    }
    subscription::matches(filter, topic)
}

/// Whether a message goes to no subscriber.
pub(super) fn is_lost(message: &Message, config: &Config) -> bool {
    let topic = &message.topic.0;
    let empty = message.retain && message.payload.is_empty();
    config.has(Defect::LongTopicsLost) && topic.len() >= LONG
        || config.has(Defect::DeepTopicsLost) && topic.split(|b| *b == b'/').count() > DEEP
        || config.has(Defect::EmptyRetainedUnsent) && empty
}
