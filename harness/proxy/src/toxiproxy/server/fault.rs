//! A fault of ours as a body describes it. Knows no links to apply it to.

use deadzone_link::{Cut, Direction, Edge, Fault, LinkStep, Trigger, Way, When};
use deadzone_wire::{PacketKind, Pattern};
use serde_json::{Map, Value};

use super::error::ApiError;
use crate::toxiproxy::loose_json;

/// Reads a fault as scenarios write it behind `link NAME`; the error is for people. Its grammar is another crate's.
pub type ReadFault = fn(&str) -> Result<LinkStep, String>;

/// Reads `{"fault": "blackhole", "way": "up", "on": {"edge": "before", "packet": "PUBREC", "direction": "up"}}`, or
/// `{"text": "blackhole up from 2nd PUBREC"}`, which can say all that a scenario can.
pub(super) fn read(body: &[u8], of_text: ReadFault) -> Result<LinkStep, ApiError> {
    let body = loose_json::first(body)?;
    let given = loose_json::object(&body, "")?;
    if let Some(text) = loose_json::text(given, "text")? {
        if given.len() > 1 {
            return Err(ApiError::BadBody("text says all, and stands alone".to_owned()));
        }
        return of_text(text).map_err(ApiError::BadBody);
    }
    Ok(LinkStep { fault: fault(given)?, when: when(given)? })
}

fn choice<T: Copy>(given: &Map<String, Value>, name: &str, of: &[(&str, T)]) -> Result<Option<T>, ApiError> {
    let Some(word) = loose_json::text(given, name)? else { return Ok(None) };
    let names: Vec<&str> = of.iter().map(|(n, _)| *n).collect();
    let found = of.iter().find(|(n, _)| *n == word).map(|(_, value)| *value);
    let unknown = || ApiError::BadBody(format!("{name} must be one of {}, not {word}", names.join(", ")));
    found.map(Some).ok_or_else(unknown)
}

fn needed<T>(value: Option<T>, name: &str) -> Result<T, ApiError> {
    value.ok_or_else(|| ApiError::Missing(name.to_owned()))
}

fn positive(given: &Map<String, Value>, name: &str) -> Result<Option<u32>, ApiError> {
    match number(given, name)? {
        Some(0) => Err(ApiError::BadBody(format!("{name} must be 1 or more"))),
        more => Ok(more),
    }
}

fn number<T: TryFrom<i64>>(given: &Map<String, Value>, name: &str) -> Result<Option<T>, ApiError> {
    let Some(value) = loose_json::integer(given, name)? else { return Ok(None) };
    let fits =
        T::try_from(value).map_err(|_| ApiError::BadBody(format!("{name} is out of range: {value}")))?;
    Ok(Some(fits))
}

/// What a fault has no use for is a mistake: a misspelt `way` must not take both.
fn only_its_own(given: &Map<String, Value>, name: &str) -> Result<(), ApiError> {
    let own: &[&str] = match name {
        "blackhole" | "hold" | "release" => &["way"],
        "delay" | "coalesce" => &["way", "time_us"],
        "slice" => &["way", "bytes"],
        "cut" => &["how"],
        "restore" => &[],
        other => return Err(ApiError::BadBody(format!("no such fault: {other}"))),
    };
    Ok(loose_json::only(given, &[&["fault", "after_us", "on"], own].concat())?)
}

fn fault(given: &Map<String, Value>) -> Result<Fault, ApiError> {
    let way = || {
        let ways = [("up", Way::Up), ("down", Way::Down), ("both", Way::Both)];
        choice(given, "way", &ways).map(|way| way.unwrap_or(Way::Both))
    };
    let time_us = || needed(number::<u64>(given, "time_us")?, "time_us");
    let name = needed(loose_json::text(given, "fault")?, "fault")?;
    only_its_own(given, name)?;
    Ok(match name {
        "blackhole" => Fault::Blackhole(way()?),
        "hold" => Fault::Hold(way()?),
        "release" => Fault::Release(way()?),
        "restore" => Fault::Restore,
        "delay" => Fault::Delay(way()?, time_us()?),
        "coalesce" => Fault::Coalesce(way()?, time_us()?),
        "slice" => Fault::Slice(way()?, needed(positive(given, "bytes")?, "bytes")?),
        "cut" => {
            let how = [("rst", Cut::Rst), ("fin", Cut::Fin), ("silent", Cut::Silent)];
            Fault::Cut(needed(choice(given, "how", &how)?, "how")?)
        }
        other => return Err(ApiError::BadBody(format!("no such fault: {other}"))),
    })
}

fn when(given: &Map<String, Value>) -> Result<When, ApiError> {
    let after_us = number::<u64>(given, "after_us")?;
    match (after_us, loose_json::get(given, "on")) {
        (Some(_), Some(_)) => Err(ApiError::BadBody("after_us and on exclude each other".to_owned())),
        (Some(us), None) => Ok(When::After(us)),
        (None, Some(on)) => Ok(When::On(trigger(loose_json::object(on, "on")?)?)),
        (None, None) => Ok(When::Now),
    }
}

fn trigger(given: &Map<String, Value>) -> Result<Trigger, ApiError> {
    loose_json::only(given, &["packet", "direction", "edge", "at", "nth"])?;
    let packet = needed(loose_json::text(given, "packet")?, "on.packet")?;
    let kind: PacketKind =
        packet.parse().map_err(|_| ApiError::BadBody(format!("no such packet: {packet}")))?;
    let directions = [("up", Direction::Up), ("down", Direction::Down)];
    let direction = needed(choice(given, "direction", &directions)?, "on.direction")?;
    let at = number::<u32>(given, "at")?;
    let edges = [("before", Edge::Before), ("after", Edge::After)];
    let edge = match (at, choice(given, "edge", &edges)?) {
        (Some(0), _) | (Some(_), Some(_)) => {
            return Err(ApiError::BadBody("at is 1 or more, and stands without edge".to_owned()));
        }
        (Some(at), None) => Edge::At(at),
        (None, edge) => edge.unwrap_or(Edge::Before),
    };
    let nth = positive(given, "nth")?.unwrap_or(1);
    Ok(Trigger { edge, nth, pattern: Pattern::of(kind), direction })
}

#[cfg(test)]
mod tests {
    use deadzone_link::{Fault, LinkStep, Way, When};

    use super::read;

    fn by_text(text: &str) -> Result<LinkStep, String> {
        let step = LinkStep { fault: Fault::Release(Way::Both), when: When::Now };
        (text == "a text").then_some(step).ok_or_else(|| format!("no fault: {text}"))
    }

    #[test]
    fn bodies_say_what_scenarios_say() {
        let said = [
            (r#"{"fault":"blackhole","way":"up"}"#, "blackhole up"),
            (r#"{"fault":"cut","how":"rst","after_us":2500000}"#, "cut rst after 2500ms"),
            (r#"{"fault":"slice","bytes":1}"#, "slice both 1"),
            (
                r#"{"fault":"blackhole","way":"down","on":{"packet":"PUBREC","direction":"down","nth":2}}"#,
                "blackhole down before 2nd PUBREC down",
            ),
            (
                r#"{"fault":"cut","how":"silent","on":{"packet":"PUBLISH","direction":"up","at":3}}"#,
                "cut silent at 3 of PUBLISH up",
            ),
            (r#"{"fault":"restore"}"#, "restore"),
            (r#"{"text":"a text"}"#, "release both"),
        ];
        for (body, text) in said {
            assert_eq!(read(body.as_bytes(), by_text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn mistakes_are_named() {
        let wrong = [
            ("{}", "missing required field: fault"),
            (r#"{"text":"nonsense"}"#, "bad request body: no fault: nonsense"),
            (r#"{"text":"a text","way":"up"}"#, "bad request body: text says all, and stands alone"),
            (r#"{"fault":"cut"}"#, "missing required field: how"),
            (r#"{"fault":"melt"}"#, "bad request body: no such fault: melt"),
            (r#"{"fault":"slice","bytes":0}"#, "bad request body: bytes must be 1 or more"),
            (
                r#"{"fault":"blackhole","direction":"up"}"#,
                "bad request body: unknown field \"direction\", expected fault, after_us, on, way",
            ),
            (
                r#"{"fault":"restore","way":null}"#,
                "bad request body: unknown field \"way\", expected fault, after_us, on",
            ),
            (
                r#"{"fault":"hold","on":{"packet":"PUBREC","direction":"up","n":2}}"#,
                "bad request body: unknown field \"n\", expected packet, direction, edge, at, nth",
            ),
            (
                r#"{"fault":"hold","on":{"packet":"PUBREC","direction":"up","nth":0}}"#,
                "bad request body: nth must be 1 or more",
            ),
            ("null", "missing required field: fault"),
            (r#"{"fault":"delay","time_us":-1}"#, "bad request body: time_us is out of range: -1"),
            (
                r#"{"fault":"hold","on":{"packet":"PUBHUB","direction":"up"}}"#,
                "bad request body: no such packet: PUBHUB",
            ),
        ];
        for (body, text) in wrong {
            assert_eq!(read(body.as_bytes(), by_text).unwrap_err().to_string(), text);
        }
    }
}
