//! How a fault of ours is said with toxics, and why some can't be. Knows no server.

use deadzone_link::{Cut, Direction, Fault, Way};

use crate::toxiproxy::{Stream, Toxic, ToxicInfo};

/// Why a fault can't be made with Toxiproxy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Toxiproxy can't do this: {0}")]
pub struct NotThere(pub &'static str);

/// What is to be done to a proxy's toxics.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// This toxic is there, with these numbers.
    Put(ToxicInfo),
    /// This toxic, by name, is not there.
    Drop(String),
}

/// The toxics that make this fault, in order. Only those count whose effect its documentation promises, and of which
/// nothing on the way is lost where the record could not know it.
pub fn plan(fault: &Fault) -> Result<Vec<Change>, NotThere> {
    match fault {
        Fault::Delay(way, us) if us % 1000 == 0 => {
            let latency = i64::try_from(us / 1000).unwrap_or(i64::MAX);
            Ok(put(*way, &Toxic::Latency { latency, jitter: 0 }))
        }
        Fault::Delay(..) => Err(NotThere("its latency has whole milliseconds")),
        Fault::Slice(way, bytes) => {
            let average_size = i64::from(*bytes);
            Ok(put(*way, &Toxic::Slicer { average_size, size_variation: 0, delay: 0 }))
        }
        // The next connection must not be reset as well.
        Fault::Cut(Cut::Rst) => {
            let mut changes = put(Way::Up, &Toxic::ResetPeer { timeout: 0 });
            changes.push(Change::Drop(name("reset_peer", Stream::Upstream)));
            Ok(changes)
        }
        Fault::Restore => Ok(all_names().map(Change::Drop).collect()),
        Fault::Cut(Cut::Fin) => {
            Err(NotThere("it closes both directions when one ends, so what the broker still sends is lost"))
        }
        Fault::Cut(Cut::Silent) => {
            Err(NotThere("it keeps no broker's end open without a client, and does not read it"))
        }
        Fault::Blackhole(_) => Err(NotThere(
            "what it has in hand when data is to be dropped is lost too, and nobody sees how much",
        )),
        Fault::Hold(_) | Fault::Release(_) => {
            Err(NotThere("it drops what it stops, so that nothing can be delivered afterwards"))
        }
        Fault::Coalesce(..) => Err(NotThere("it has no toxic that gathers bytes")),
    }
}

fn put(way: Way, toxic: &Toxic) -> Vec<Change> {
    let directions = [(Direction::Up, Stream::Upstream), (Direction::Down, Stream::Downstream)];
    let covered = directions.into_iter().filter(|(direction, _)| way.covers(*direction));
    covered
        .map(|(_, stream)| {
            Change::Put(ToxicInfo {
                name: name(toxic.kind(), stream),
                stream,
                toxicity: 1.0,
                toxic: toxic.clone(),
            })
        })
        .collect()
}

/// Toxiproxy's own default, so that whoever looks finds what is expected.
fn name(kind: &str, stream: Stream) -> String {
    format!("{kind}_{}", stream.name())
}

fn all_names() -> impl Iterator<Item = String> {
    let kinds = ["latency", "slicer", "reset_peer"];
    kinds.into_iter().flat_map(|kind| [Stream::Upstream, Stream::Downstream].map(|s| name(kind, s)))
}

#[cfg(test)]
mod tests {
    use deadzone_link::{Cut, Fault, Way};

    use super::{Change, plan};
    use crate::toxiproxy::Toxic;

    #[test]
    fn a_delay_both_ways_is_two_latencies_and_restore_knows_their_names() {
        let made = plan(&Fault::Delay(Way::Both, 50_000)).unwrap();
        let Ok(dropped) = plan(&Fault::Restore) else { unreachable!() };
        assert_eq!(made.len(), 2);
        for change in made {
            let Change::Put(info) = change else { unreachable!() };
            assert_eq!(info.toxic, Toxic::Latency { latency: 50, jitter: 0 });
            assert!(dropped.contains(&Change::Drop(info.name)));
        }
    }

    #[test]
    fn what_can_not_be_said_has_its_reason() {
        let faults = [
            Fault::Delay(Way::Up, 1),
            Fault::Cut(Cut::Fin),
            Fault::Cut(Cut::Silent),
            Fault::Blackhole(Way::Both),
            Fault::Hold(Way::Up),
            Fault::Coalesce(Way::Up, 5),
        ];
        assert!(faults.iter().all(|fault| plan(fault).is_err()));
    }
}
