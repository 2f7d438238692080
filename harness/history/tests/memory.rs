//! What a record costs: an acknowledgement, recorded at both ends, in resident memory. One test in one process, so that nothing else grows.
#![cfg(target_os = "linux")]

use std::fs;

use deadzone_history::{ConnId, Direction, End, Purpose, Recorder, RecorderLimits, Tap};
use deadzone_wire::{Ack, AckKind, Packet, Version};

/// More than there are packet identifiers.
const ACKNOWLEDGEMENTS: usize = 100_000;
/// What one event may take, all in all, bytes.
const EVENT_BYTES: usize = 200;

/// Resident memory of this process, bytes.
fn resident_bytes() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("a process may read its own status");
    let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next());
    kib.and_then(|kib| kib.parse::<usize>().ok()).expect("the status tells what is resident") * 1024
}

#[test]
fn an_acknowledgement_is_small() {
    let limits = RecorderLimits { bytes: u64::MAX, ..RecorderLimits::default() };
    let mut recorder = Recorder::new(limits);
    let mut tap = Tap::new(ConnId(0), Version::V5, 1 << 20);
    let before = resident_bytes();
    for n in 0..ACKNOWLEDGEMENTS {
        let ack = Ack::new(AckKind::Puback, n as u16);
        let bytes = Packet::Ack(ack).encode(Version::V5).to_bytes();
        for end in [End::Client, End::Broker] {
            tap.pass(Direction::Up, end, Purpose::Polite, &bytes, &mut |kind| {
                recorder.append(n as u64, kind)
            });
        }
    }
    let grown = resident_bytes() - before;
    let events = recorder.events().len();
    assert_eq!((events, recorder.overflow()), (2 * ACKNOWLEDGEMENTS, None));
    let each = grown / events;
    println!("{each} bytes an event");
    assert!(each <= EVENT_BYTES, "{each} bytes an event");
}
