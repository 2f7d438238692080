//! What a chain does, with hand-made times.

use bytes::Bytes;
use deadzone_link::{Cut, Fault, LinkStep, Way, When};

use super::Chain;
use crate::{
    Impairment, Out,
    toxiproxy::{Stream, Toxic, ToxicInfo},
};

fn info(stream: Stream, toxic: Toxic) -> ToxicInfo {
    ToxicInfo { name: format!("{}_{}", toxic.kind(), stream.name()), stream, toxicity: 1.0, toxic }
}

fn outs(chain: &mut Chain, now_us: u64) -> Vec<Out> {
    std::iter::from_fn(|| chain.poll(now_us)).collect()
}

fn chain() -> Chain {
    Chain::new(0, 1, "p", 1)
}

#[test]
fn without_toxics_all_passes_and_halves_close_alone() {
    let mut chain = chain();
    chain.up(1, Bytes::from_static(b"GET"));
    chain.up_closed(2, false);
    chain.down(3, Bytes::from_static(b"200"));
    let seen = outs(&mut chain, 3);
    assert_eq!(seen, [Out::Up("GET".into()), Out::FinUp, Out::Down("200".into())]);
    assert!(chain.transparent() && !chain.is_mqtt());
    chain.down_closed(4, false);
    assert_eq!(outs(&mut chain, 4), [Out::FinDown]);
}

#[test]
fn a_stall_that_is_removed_lets_all_flow_again() {
    let mut chain = chain();
    let stall = info(Stream::Downstream, Toxic::Timeout { timeout: 0 });
    chain.add(0, &stall, 0);
    chain.down(1, Bytes::from_static(b"abc"));
    assert_eq!((outs(&mut chain, 9), chain.held_down(), chain.wake_at_us()), (vec![], 3, None));
    chain.remove(10, &stall);
    assert_eq!(outs(&mut chain, 10), [Out::Down("abc".into())]);
}

#[test]
fn reset_peer_resets_both_ends_of_an_idle_connection() {
    let mut chain = chain();
    chain.add(0, &info(Stream::Downstream, Toxic::ResetPeer { timeout: 5 }), 0);
    assert_eq!((outs(&mut chain, 4_999), chain.wake_at_us()), (vec![], Some(5_000)));
    assert_eq!(outs(&mut chain, 5_000), [Out::RstUp, Out::RstDown]);
    chain.up(6_000, Bytes::from_static(b"late"));
    assert_eq!((outs(&mut chain, 7_000), chain.wake_at_us()), (vec![], None));
}

#[test]
fn limit_data_closes_both_directions() {
    let mut chain = chain();
    chain.add(0, &info(Stream::Upstream, Toxic::LimitData { bytes: 2 }), 0);
    chain.up(1, Bytes::from_static(b"abc"));
    assert_eq!(outs(&mut chain, 1), [Out::Up("ab".into()), Out::FinUp, Out::FinDown]);
}

#[test]
fn a_peers_reset_reaches_the_other_end() {
    let mut chain = chain();
    chain.add(0, &info(Stream::Upstream, Toxic::Latency { latency: 50, jitter: 0 }), 0);
    chain.up(1, Bytes::from_static(b"abc"));
    chain.up_closed(2, true);
    assert!(outs(&mut chain, 2).contains(&Out::RstUp));
}

#[test]
fn faults_of_ours_act_behind_the_toxics() {
    let mut chain = chain();
    chain.step(0, LinkStep { fault: Fault::Blackhole(Way::Up), when: When::Now });
    chain.up(1, Bytes::from_static(b"abc"));
    chain.down(1, Bytes::from_static(b"def"));
    assert_eq!(outs(&mut chain, 1), [Out::Down("def".into())]);
    chain.step(2, LinkStep { fault: Fault::Cut(Cut::Rst), when: When::Now });
    assert!(outs(&mut chain, 2).contains(&Out::RstUp));
    assert!(!chain.notes().is_empty() && !chain.transparent());
}

#[test]
fn single_bytes_are_counted_as_what_they_cost() {
    let mut chain = chain();
    let whole = chain.room_up();
    chain.add(0, &info(Stream::Upstream, Toxic::Slicer { average_size: 1, size_variation: 0, delay: 0 }), 0);
    chain.add(0, &info(Stream::Upstream, Toxic::Latency { latency: 3_600_000, jitter: 0 }), 0);
    let mut taken = 0;
    while chain.room_up() > 0 && taken < 1 << 20 {
        let n = chain.room_up().min(16 << 10);
        chain.up(taken as u64, vec![7; n].into());
        taken += n;
    }
    assert_eq!((taken, chain.held_up()), (super::super::lane::PIECES_MAX, super::super::lane::PIECES_MAX));
    assert_eq!(chain.room_down(), whole);
    chain.remove(2_000_000, &info(Stream::Upstream, Toxic::Latency { latency: 0, jitter: 0 }));
    chain.remove(
        2_000_000,
        &info(Stream::Upstream, Toxic::Slicer { average_size: 0, size_variation: 0, delay: 0 }),
    );
    assert_eq!(chain.room_up(), whole);
}
