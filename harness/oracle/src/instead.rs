//! What a conformant broker could have done instead, for every kind of finding: the legal answers that were considered, each
//! with why this is none of them. Only wording; the checkers considered them before they spoke.

use deadzone_wire::{PacketKind, Version};

fn lines(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Nothing came.
pub(crate) fn silence(kind: Option<PacketKind>, version: Version) -> Vec<String> {
    let refuse = match (kind, version) {
        (Some(PacketKind::Connack), Version::V5) => {
            "refuse by a CONNACK of 0x80 or more, or close: it did neither"
        }
        (Some(PacketKind::Connack), _) => "refuse by a CONNACK return code, or close: it did neither",
        (Some(PacketKind::Puback | PacketKind::Pubrec), Version::V5) => {
            "refuse by a Reason Code of 0x80 or more: no answer came at all"
        }
        (Some(PacketKind::Pubcomp), Version::V5) => {
            "answer PUBCOMP 0x92 where it no longer knows the id: no answer came at all"
        }
        (Some(PacketKind::Suback), _) => "refuse by a SUBACK failure code: no answer came at all",
        (Some(PacketKind::Publish), _) => {
            "not deliver what expired, is too large or was published at QoS 0: none of these holds here"
        }
        (None, _) => "answer late: it was waited for far beyond the script's patience",
        _ => "close the connection: it stayed open as far as the record shows",
    };
    lines(&[
        refuse,
        "answer late, which passes as slow: the wait went on after the script's own time had ended",
        "answer into a dead link: nothing of the sort was seen at the broker's own end",
    ])
}

/// It closed instead of answering.
pub(crate) fn closed() -> Vec<String> {
    lines(&[
        "close for administrative reasons at any time: counts only if it repeats at the same step",
        "close because the client broke the protocol: every packet of the client up to here was legal or marked",
        "close after 1.5 times the keep-alive: the client was not silent for so long",
    ])
}

/// An answer with a wrong field, or a refusal where another one is claimed.
pub(crate) fn mismatch(refused: bool) -> Vec<String> {
    lines(&[
        if refused {
            "refuse by the code that the step names: the answer has another one"
        } else {
            "refuse by a failure code: the answer claims success"
        },
        "leave the field open: the step claims it",
    ])
}

/// session_present differs from what the session's history calls for.
pub(crate) fn session(wanted_present: bool) -> Vec<String> {
    if wanted_present {
        lines(&[
            "answer session_present=0 where it need not hold a session: it accepted one that was to outlive its connection",
            "shorten the session by the expiry in CONNACK (5.0): it did not",
            "let the session expire: the interval had not passed",
        ])
    } else {
        lines(&[
            "answer session_present=1 where it holds a session: none was left, or a new one was asked for",
        ])
    }
}

/// Another packet came first where the step allows none.
pub(crate) fn strict() -> Vec<String> {
    lines(&[
        "send other packets first where the standard leaves the order open: the step names an order that it does not",
    ])
}

/// A message came twice.
pub(crate) fn twice(version: Version) -> Vec<String> {
    let refuse = match version {
        Version::V5 => "refuse the resent PUBLISH by PUBREC of 0x80 or more: it did not",
        _ => "close instead of taking the resent PUBLISH: it took it",
    };
    lines(&[
        "deliver at PUBLISH (method A) or at PUBREL (method B): both give one copy",
        refuse,
        "answer CONNACK session_present=0, after which the exchange is new: the session went on",
        "send an unfinished delivery again under its packet id: that counts as the same one here",
        "send one copy for each matching subscription: they were counted",
    ])
}

/// A message never came.
pub(crate) fn lost() -> Vec<String> {
    lines(&[
        "refuse the message: it acknowledged it",
        "grant a lower QoS, under which messages may be lost: the effective QoS is 1 or more",
        "hold it back for an offline client: the subscriber was connected and acknowledged all that it got",
        "drop what expired or exceeds the subscriber's Maximum Packet Size: it does neither",
        "deliver late: the wait went on beyond the script's patience",
    ])
}

/// What was unacknowledged when the connection ended was not sent again.
pub(crate) fn resend() -> Vec<String> {
    lines(&[
        "answer session_present=0, after which nothing is owed: it said that the session goes on",
        "take it for acknowledged: its acknowledgement was never given to the broker",
        "send it again late: the wait went on beyond the script's patience",
    ])
}

/// A retained message never came.
pub(crate) fn retained() -> Vec<String> {
    lines(&[
        "not store it: it was published with RETAIN 1 and acknowledged",
        "send what took its place: nothing did",
        "look it up late: the wait went on beyond the script's patience",
    ])
}

/// A will never came.
pub(crate) fn will(version: Version) -> Vec<String> {
    let delay = match version {
        Version::V5 => "wait for the Will Delay Interval, or for the session to end: one of them was over",
        _ => "keep it back: only the DISCONNECT of its client takes a will back before 5.0",
    };
    lines(&[
        "drop a will that its client took back: no DISCONNECT did",
        delay,
        "not have noticed that the connection is gone: it closed it, was given its end, or 1.5 times the keep-alive had passed",
        "publish it late: the wait went on beyond the script's patience",
    ])
}

/// A message came that must not.
pub(crate) fn unwanted() -> Vec<String> {
    lines(&["deliver it to others: this client must not get it", "drop it in silence: it was delivered"])
}

/// Messages came in another order.
pub(crate) fn order() -> Vec<String> {
    lines(&[
        "send 1,2,3,2,3,4 when it resends: only the first complete copies were compared",
        "mix topics, publishers or QoS in any order: the two messages have all of them in common",
    ])
}

/// A copy has a wrong field.
pub(crate) fn copy() -> Vec<String> {
    lines(&["deliver a live copy beside a retained one around SUBSCRIBE: this copy is not one of them"])
}
