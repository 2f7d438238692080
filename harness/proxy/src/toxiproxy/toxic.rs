//! What the API calls a toxic: its kind, its numbers, its stream. Knows no bytes.

use serde_json::{Map, Value, json};

use super::loose_json::{self, Mistake};

/// Which way a toxic acts, in Toxiproxy's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stream {
    /// Client to server: up.
    Upstream,
    /// Server to client: down.
    Downstream,
}

impl Stream {
    /// As in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Downstream => "downstream",
        }
    }

    /// In any case, as Toxiproxy takes it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Upstream, Self::Downstream].into_iter().find(|s| s.name().eq_ignore_ascii_case(text))
    }
}

/// A toxic's kind with its numbers. They are kept as they were given; a negative one acts as 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Toxic {
    /// Nothing happens.
    Noop,
    /// Each piece comes later. At most 4 MiB a direction are on the way ([`HELD_MAX`](crate::HELD_MAX)), which is a limit
    /// on the rate too: about 41 MB/s at 100 ms.
    Latency {
        /// By this much, ms.
        latency: i64,
        /// Give or take, ms.
        jitter: i64,
    },
    /// No more than this passes in a second.
    Bandwidth {
        /// Thousands of bytes a second; 0 is no limit.
        rate: i64,
    },
    /// The end of the stream comes later.
    SlowClose {
        /// By this much, ms.
        delay: i64,
    },
    /// Nothing passes. What came is kept and flows on when the toxic is removed (Toxiproxy drops it and closes); with a time
    /// no more than half of [`HELD_MAX`](crate::HELD_MAX): beyond, it is dropped, and a removal closes here too. A sender that
    /// ends its stream closes the connection.
    Timeout {
        /// And after this much silence the connection is closed, ms; 0 is never.
        timeout: i64,
    },
    /// The connection is reset; closed, where a sender ends its stream before.
    ResetPeer {
        /// After this much, ms.
        timeout: i64,
    },
    /// Pieces are cut up.
    Slicer {
        /// To about this size, bytes.
        average_size: i64,
        /// Give or take, bytes.
        size_variation: i64,
        /// With this pause behind each, µs.
        delay: i64,
    },
    /// The connection is closed after so much.
    LimitData {
        /// Bytes.
        bytes: i64,
    },
}

impl Toxic {
    /// A kind with its numbers at 0. `None`: there is no such kind.
    pub fn of(kind: &str) -> Option<Self> {
        Some(match kind {
            "noop" => Self::Noop,
            "latency" => Self::Latency { latency: 0, jitter: 0 },
            "bandwidth" => Self::Bandwidth { rate: 0 },
            "slow_close" => Self::SlowClose { delay: 0 },
            "timeout" => Self::Timeout { timeout: 0 },
            "reset_peer" => Self::ResetPeer { timeout: 0 },
            "slicer" => Self::Slicer { average_size: 0, size_variation: 0, delay: 0 },
            "limit_data" => Self::LimitData { bytes: 0 },
            _ => return None,
        })
    }

    /// The name of its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Noop => "noop",
            Self::Latency { .. } => "latency",
            Self::Bandwidth { .. } => "bandwidth",
            Self::SlowClose { .. } => "slow_close",
            Self::Timeout { .. } => "timeout",
            Self::ResetPeer { .. } => "reset_peer",
            Self::Slicer { .. } => "slicer",
            Self::LimitData { .. } => "limit_data",
        }
    }

    /// Its numbers by name.
    fn numbers(&mut self) -> Vec<(&'static str, &mut i64)> {
        match self {
            Self::Noop => Vec::new(),
            Self::Latency { latency, jitter } => vec![("latency", latency), ("jitter", jitter)],
            Self::Bandwidth { rate } => vec![("rate", rate)],
            Self::SlowClose { delay } => vec![("delay", delay)],
            Self::Timeout { timeout } | Self::ResetPeer { timeout } => vec![("timeout", timeout)],
            Self::Slicer { average_size, size_variation, delay } => {
                vec![("average_size", average_size), ("size_variation", size_variation), ("delay", delay)]
            }
            Self::LimitData { bytes } => vec![("bytes", bytes)],
        }
    }

    /// Takes over the numbers that are given; the others stay. Names of no meaning are passed over.
    pub(super) fn merge(&mut self, attributes: &Value) -> Result<(), Mistake> {
        if attributes.is_null() {
            return Ok(());
        }
        let given = loose_json::object(attributes, "attributes")?;
        for (name, number) in self.numbers() {
            if let Some(value) = loose_json::integer(given, name)? {
                *number = value;
            }
        }
        Ok(())
    }

    /// The object `attributes` of the API.
    pub fn attributes(&self) -> Value {
        let mut copy = self.clone();
        Value::Object(copy.numbers().into_iter().map(|(name, n)| (name.to_owned(), json!(n))).collect())
    }
}

/// A toxic as the API shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ToxicInfo {
    /// Unique in its proxy, over both streams.
    pub name: String,
    /// Which way.
    pub stream: Stream,
    /// The share of connections that it acts on, 0 to 1.
    pub toxicity: f32,
    /// What it does.
    pub toxic: Toxic,
}

impl ToxicInfo {
    /// As in the API.
    pub fn to_json(&self) -> Value {
        json!({
            "attributes": self.toxic.attributes(),
            "name": self.name,
            "type": self.toxic.kind(),
            "stream": self.stream.name(),
            "toxicity": share(self.toxicity),
        })
    }

    /// From what a server shows.
    pub(super) fn from_json(shown: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| shown.get(name)?.as_str();
        let mut toxic = Toxic::of(text("type")?)?;
        toxic.merge(shown.get("attributes")?).ok()?;
        Some(Self {
            name: text("name")?.to_owned(),
            stream: Stream::parse(text("stream")?)?,
            toxicity: Some(shown.get("toxicity")?.as_f64()? as f32).filter(|share| share.is_finite())?,
            toxic,
        })
    }
}

/// A whole share is written as an integer: there are clients that take nothing else for 1.
fn share(toxicity: f32) -> Value {
    let whole = toxicity as i64;
    if whole as f32 == toxicity {
        return json!(whole);
    }
    // By its own shortest digits: 0.3 must not come back as 0.30000001192092896.
    toxicity.to_string().parse::<f64>().map_or(Value::Null, |digits| json!(digits))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Stream, Toxic, ToxicInfo};

    const KINDS: [&str; 8] =
        ["noop", "latency", "bandwidth", "slow_close", "timeout", "reset_peer", "slicer", "limit_data"];

    #[test]
    fn every_kind_has_its_name_and_comes_back() {
        for kind in KINDS {
            let toxic = Toxic::of(kind).unwrap();
            assert_eq!(toxic.kind(), kind);
            let info = ToxicInfo { name: "n".to_owned(), stream: Stream::Upstream, toxicity: 0.3, toxic };
            let shown = info.to_json();
            assert_eq!(shown["toxicity"], json!(0.3));
            assert_eq!(ToxicInfo::from_json(shown.as_object().unwrap()), Some(info));
        }
        assert_eq!(Toxic::of("packet_loss"), None);
    }

    #[test]
    fn a_share_is_a_number() {
        let shown = |toxicity: serde_json::Value| {
            let all = json!({"name": "n", "type": "noop", "stream": "upstream", "attributes": {}, "toxicity": toxicity});
            ToxicInfo::from_json(all.as_object().unwrap())
        };
        assert!(shown(json!(0.5)).is_some());
        assert_eq!(shown(json!(1e39)), None);
    }

    #[test]
    fn numbers_merge_one_by_one() {
        let mut toxic = Toxic::of("slicer").unwrap();
        toxic.merge(&json!({"average_size": 9, "delay": -1, "other": "x"})).unwrap();
        toxic.merge(&json!({"SIZE_VARIATION": 3, "delay": null})).unwrap();
        assert_eq!(toxic, Toxic::Slicer { average_size: 9, size_variation: 3, delay: -1 });
        assert!(toxic.merge(&json!({"delay": "soon"})).is_err());
        assert!(toxic.merge(&json!({"delay": 1.5})).is_err());
        assert!(toxic.merge(&json!([])).is_err());
    }
}
