//! How a fault of ours is said with toxics, and why some can't be. Knows no server.

use deadzone_link::{Cut, Direction, Fault, Way};

use super::Release;
use crate::toxiproxy::{Stream, Toxic, ToxicInfo};

/// Why a fault can't be made with Toxiproxy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Toxiproxy can't do this: {0}")]
pub struct NotThere(pub String);

/// What is to be done to a proxy's toxics.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// This toxic is there, with these numbers.
    Put(ToxicInfo),
    /// This toxic, by name, is not there.
    Drop(String),
}

/// The toxics that make this fault, in order. Only those count whose effect its documentation promises, and of which
/// nothing on the way is lost where the record could not know it, and whose effect a server of this release has.
pub fn plan(fault: &Fault, release: &Release) -> Result<Vec<Change>, NotThere> {
    let not_there = |why: &str| Err(NotThere(why.to_owned()));
    match fault {
        Fault::Delay(way, us) if us % 1000 == 0 => {
            let latency = i64::try_from(us / 1000).unwrap_or(i64::MAX);
            Ok(put(*way, &Toxic::Latency { latency, jitter: 0 }))
        }
        Fault::Delay(..) => not_there("its latency has whole milliseconds"),
        Fault::Slice(way, bytes) if release.slices_evenly() => {
            let average_size = i64::from(*bytes);
            Ok(put(*way, &Toxic::Slicer { average_size, size_variation: 0, delay: 0 }))
        }
        Fault::Slice(..) => {
            Err(NotThere(format!("pieces of one size end it before release 2.4.0, and this is {release}")))
        }
        Fault::Restore => Ok(all_names().map(Change::Drop).collect()),
        Fault::Cut(Cut::Rst) => not_there(
            "it resets only connections that were made after it was told to, and those only at their next byte: the \
             broker gets a FIN",
        ),
        Fault::Cut(Cut::Fin) => {
            not_there("it closes both directions when one ends, so what the broker still sends is lost")
        }
        Fault::Cut(Cut::Silent) => {
            not_there("it keeps no broker's end open without a client, and does not read it")
        }
        Fault::Blackhole(_) => {
            not_there("what it has in hand when data is to be dropped is lost too, and nobody sees how much")
        }
        Fault::Hold(_) | Fault::Release(_) => {
            not_there("it drops what it stops, so that nothing can be delivered afterwards")
        }
        Fault::Coalesce(..) => not_there("it has no toxic that gathers bytes"),
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

/// Toxiproxy's own default, so that a look at it shows what is expected.
fn name(kind: &str, stream: Stream) -> String {
    format!("{kind}_{}", stream.name())
}

fn all_names() -> impl Iterator<Item = String> {
    let kinds = ["latency", "slicer"];
    kinds.into_iter().flat_map(|kind| [Stream::Upstream, Stream::Downstream].map(|s| name(kind, s)))
}

#[cfg(test)]
mod tests {
    use deadzone_link::{Cut, Fault, Way};

    use super::{Change, plan};
    use crate::toxiproxy::{Release, Toxic};

    fn today() -> Release {
        Release::parse("{\"version\": \"2.12.0\"}")
    }

    #[test]
    fn a_delay_both_ways_is_two_latencies_and_restore_knows_their_names() {
        let made = plan(&Fault::Delay(Way::Both, 50_000), &today()).unwrap();
        let Ok(dropped) = plan(&Fault::Restore, &today()) else { unreachable!() };
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
            Fault::Cut(Cut::Rst),
            Fault::Cut(Cut::Fin),
            Fault::Cut(Cut::Silent),
            Fault::Blackhole(Way::Both),
            Fault::Hold(Way::Up),
            Fault::Coalesce(Way::Up, 5),
        ];
        assert!(faults.iter().all(|fault| plan(fault, &today()).is_err()));
    }

    #[test]
    fn a_release_that_slices_would_end_is_not_asked_to() {
        let slice = Fault::Slice(Way::Up, 1);
        let why = plan(&slice, &Release::parse("2.3.0")).unwrap_err().to_string();
        assert!(why.contains("2.3.0") && why.contains("2.4.0"), "{why}");
        assert!(plan(&slice, &Release::parse("2.4.0")).is_ok());
        assert!(plan(&Fault::Delay(Way::Up, 1000), &Release::parse("2.1.4")).is_ok());
    }
}
