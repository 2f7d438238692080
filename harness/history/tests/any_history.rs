//! Any sequence of frames and fragments survives its file.

use bytes::Bytes;
use deadzone_history::{End, EventKind, Fragment, HandMade, OpenError, Purpose, read, write};
use deadzone_link::Direction;
use deadzone_wire::{Frame, VarInt, Version};
use proptest::{collection::vec, prelude::*};

#[derive(Clone, Debug)]
enum Part {
    Packet { up: bool, broker: bool, first: u8, width: u8, body: Vec<u8>, marker: bool },
    Fragment { bytes: Vec<u8>, more: u64 },
    Text(String),
    Time(u32),
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        4 => (any::<bool>(), any::<bool>(), any::<u8>(), 1u8..5, vec(any::<u8>(), 0..40), any::<bool>())
            .prop_map(|(up, broker, first, width, body, marker)| Part::Packet { up, broker, first, width, body, marker }),
        1 => (vec(any::<u8>(), 0..9), any::<u64>()).prop_map(|(bytes, more)| Part::Fragment { bytes, more }),
        1 => any::<String>().prop_map(Part::Text),
        1 => any::<u32>().prop_map(Part::Time),
    ]
}

proptest! {
    #[test]
    fn comes_back_as_it_was(parts in vec(part(), 0..30), version in 0usize..3) {
        let mut h = HandMade::new([Version::V31, Version::V311, Version::V5][version]);
        let client = h.client("c");
        let conn = h.open(client);
        for part in parts {
            match part {
                Part::Packet { up, broker, first, width, body, marker } => {
                    let length = VarInt::with_width(body.len() as u32, width);
                    let frame = Frame { first, length, body: body.into() };
                    let direction = if up { Direction::Up } else { Direction::Down };
                    let end = if broker { End::Broker } else { End::Client };
                    let sender = if marker { Purpose::Marker } else { Purpose::Script };
                    h.frame(conn, direction, end, &frame, sender);
                }
                Part::Fragment { bytes, more } => {
                    let (direction, end) = (Direction::Up, End::Broker);
                    let bytes = Bytes::from(bytes);
                    let fragment = Fragment { conn, direction, end, of: None, bytes, length: more };
                    h.event(EventKind::Fragment(Box::new(fragment)));
                }
                Part::Text(why) => {
                    h.event(EventKind::OpenFailed { client, why: OpenError::Other(why.into()) });
                }
                Part::Time(us) => {
                    h.pass_us(u64::from(us));
                }
            }
        }
        let history = h.finish();
        let mut written = Vec::new();
        write(&history, &mut written).expect("a vector takes all");
        prop_assert_eq!(read(&mut written.as_slice()).expect("readable"), history);
    }
}
