//! The toxics of one proxy, and how a request changes them. Knows live connections only as chains to be changed.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value};

use super::{error::ApiError, live::Live, proxy::Served};
use crate::toxiproxy::{Stream, Toxic, ToxicInfo, chain::Chain, loose_json};

/// Most names whose generations are remembered one by one.
const NAMES_MAX: usize = 4_096;

/// In the order in which they were added.
#[derive(Default)]
pub(super) struct Toxics {
    list: Vec<(ToxicInfo, u32)>,
    /// How many there have been of each name, so that a new one does not draw as an old one did.
    generations: BTreeMap<String, u32>,
    /// Where names that are not remembered begin: behind all that were forgotten.
    behind: u32,
}

impl Toxics {
    /// Upstream's first, as Toxiproxy lists them.
    pub(super) fn to_json(&self) -> Value {
        let of = |stream| {
            self.list.iter().filter(move |(info, _)| info.stream == stream).map(|(info, _)| info.to_json())
        };
        of(Stream::Upstream).chain(of(Stream::Downstream)).collect()
    }

    pub(super) fn get(&self, name: &str) -> Result<&ToxicInfo, ApiError> {
        self.list.iter().map(|(info, _)| info).find(|info| info.name == name).ok_or(ApiError::NoToxic)
    }

    /// Gives a new connection what is there.
    pub(super) fn equip(&self, now_us: u64, chain: &mut Chain) {
        for (info, generation) in &self.list {
            chain.add(now_us, info, *generation);
        }
    }

    fn next_generation(&mut self, name: &str) -> u32 {
        if self.generations.len() >= NAMES_MAX && !self.generations.contains_key(name) {
            let forgotten = std::mem::take(&mut self.generations);
            self.behind = forgotten.into_values().fold(self.behind, u32::max);
        }
        let next = self.generations.entry(name.to_owned()).or_insert(self.behind);
        *next = next.wrapping_add(1);
        *next
    }
}

fn links(served: &Served) -> impl Iterator<Item = &Arc<Live>> {
    served.links.values()
}

/// Adds the toxic that a body describes, on live connections too.
pub(super) fn add(served: &mut Served, body: &[u8]) -> Result<Value, ApiError> {
    let body = loose_json::first(body)?;
    let info = describe(loose_json::object(&body, "")?, &served.toxics)?;
    let generation = served.toxics.next_generation(&info.name);
    for live in links(served) {
        live.change(|now_us, chain| chain.add(now_us, &info, generation));
    }
    let shown = info.to_json();
    served.toxics.list.push((info, generation));
    Ok(shown)
}

/// The order of the complaints is Toxiproxy's: stream, type, name, numbers.
fn describe(given: &Map<String, Value>, there: &Toxics) -> Result<ToxicInfo, ApiError> {
    let name = loose_json::text(given, "name")?.unwrap_or_default();
    let kind = loose_json::text(given, "type")?.unwrap_or_default();
    let stream_name = loose_json::text(given, "stream")?.unwrap_or("downstream");
    let toxicity = loose_json::fraction(given, "toxicity")?.unwrap_or(1.0);
    let stream = Stream::parse(stream_name).ok_or(ApiError::Stream)?;
    let name = if name.is_empty() { format!("{kind}_{}", stream.name()) } else { name.to_owned() };
    let mut toxic = Toxic::of(kind).ok_or(ApiError::ToxicType)?;
    if there.get(&name).is_ok() {
        return Err(ApiError::ToxicExists);
    }
    toxic.merge(loose_json::get(given, "attributes").unwrap_or(&Value::Null))?;
    Ok(ToxicInfo { name, stream, toxicity, toxic })
}

/// Changes numbers and toxicity; anything else in the body is passed over.
pub(super) fn update(served: &mut Served, name: &str, body: &[u8]) -> Result<Value, ApiError> {
    let mut info = served.toxics.get(name)?.clone();
    let body = loose_json::first(body)?;
    let given = loose_json::object(&body, "")?;
    if let Some(toxicity) = loose_json::fraction(given, "toxicity")? {
        info.toxicity = toxicity;
    }
    info.toxic.merge(loose_json::get(given, "attributes").unwrap_or(&Value::Null))?;
    for live in links(served) {
        live.change(|now_us, chain| chain.update(now_us, &info));
    }
    let shown = info.to_json();
    if let Some((there, _)) = served.toxics.list.iter_mut().find(|(there, _)| there.name == name) {
        *there = info;
    }
    Ok(shown)
}

/// Removes one, on live connections too.
pub(super) fn remove(served: &mut Served, name: &str) -> Result<(), ApiError> {
    let info = served.toxics.get(name)?.clone();
    for live in links(served) {
        live.change(|now_us, chain| chain.remove(now_us, &info));
    }
    served.toxics.list.retain(|(there, _)| there.name != name);
    Ok(())
}

/// Removes all.
pub(super) fn clear(served: &mut Served) {
    let names: Vec<String> = served.toxics.list.iter().map(|(info, _)| info.name.clone()).collect();
    for name in names {
        // It was there a moment ago, and the lock is held.
        let _ = remove(served, &name);
    }
}

#[cfg(test)]
mod tests {
    use super::{NAMES_MAX, Toxics};

    #[test]
    fn no_name_ever_has_a_generation_twice_and_the_names_are_not_kept_for_ever() {
        let mut toxics = Toxics::default();
        assert_eq!((toxics.next_generation("a"), toxics.next_generation("b")), (1, 1));
        assert_eq!(toxics.next_generation("a"), 2);
        for i in 0..3 * NAMES_MAX {
            toxics.next_generation(&format!("t{i}"));
            assert!(toxics.generations.len() <= NAMES_MAX);
        }
        assert!(toxics.next_generation("a") > 2);
    }
}
