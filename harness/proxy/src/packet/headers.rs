//! What an IP packet's headers say: its flow, and how its sender is told that the flow is gone. Knows no radio.

use deadzone_link::{Direction, Flow};
use etherparse::{NetSlice, PacketBuilder, SlicedPacket, TransportSlice};

/// Hops that a packet of ours may take.
const TTL: u8 = 64;

/// What matters of one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Headers {
    pub(super) flow: Flow,
    /// A TCP SYN: the flow begins.
    pub(super) opens: bool,
}

/// Reads an IPv4 packet; `None` for anything else (neighbour and multicast chatter of IPv6, say).
pub(super) fn read(packet: &[u8], direction: Direction) -> Option<Headers> {
    let sliced = SlicedPacket::from_ip(packet).ok()?;
    let Some(NetSlice::Ipv4(ip)) = sliced.net else { return None };
    let protocol = u64::from(ip.payload_ip_number().0);
    let (from, to, opens) = match &sliced.transport {
        Some(TransportSlice::Tcp(tcp)) => {
            (tcp.source_port(), tcp.destination_port(), tcp.syn() && !tcp.ack())
        }
        Some(TransportSlice::Udp(udp)) => (udp.source_port(), udp.destination_port(), false),
        _ => (0, 0, false),
    };
    let (device, network) = if direction == Direction::Up { (from, to) } else { (to, from) };
    // There is one address at each end, so that protocol and ports are the whole flow.
    let flow = Flow(protocol << 32 | u64::from(device) << 16 | u64::from(network));
    Some(Headers { flow, opens })
}

/// The reset that tells the sender of this packet that its flow is gone; `None` where TCP has none for it.
pub(super) fn reset(packet: &[u8]) -> Option<Vec<u8>> {
    let sliced = SlicedPacket::from_ip(packet).ok()?;
    let (Some(NetSlice::Ipv4(ip)), Some(TransportSlice::Tcp(tcp))) = (sliced.net, sliced.transport) else {
        return None;
    };
    if tcp.rst() {
        return None;
    }
    let header = ip.header();
    let (from, to) = (tcp.destination_port(), tcp.source_port());
    // RFC 9293, 3.10.7.1: with the number that the sender waits for, else in answer to what it sent.
    let sequence = if tcp.ack() { tcp.acknowledgment_number() } else { 0 };
    let built =
        PacketBuilder::ipv4(header.destination(), header.source(), TTL).tcp(from, to, sequence, 0).rst();
    let built = if tcp.ack() {
        built
    } else {
        let length = tcp.payload().len() as u32 + u32::from(tcp.syn()) + u32::from(tcp.fin());
        built.ack(tcp.sequence_number().wrapping_add(length))
    };
    let mut bytes = Vec::with_capacity(built.size(0));
    built.write(&mut bytes, &[]).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(build: impl FnOnce(etherparse::PacketBuilderStep<etherparse::TcpHeader>) -> Vec<u8>) -> Vec<u8> {
        build(PacketBuilder::ipv4([10, 77, 0, 1], [10, 77, 0, 2], 64).tcp(5000, 1883, 700, 1024))
    }

    fn bytes(step: etherparse::PacketBuilderStep<etherparse::TcpHeader>, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        step.write(&mut bytes, payload).unwrap();
        bytes
    }

    #[test]
    fn both_directions_are_one_flow() {
        let up = tcp(|step| bytes(step.syn(), &[]));
        let mut down = Vec::new();
        let step = PacketBuilder::ipv4([10, 77, 0, 2], [10, 77, 0, 1], 64).tcp(1883, 5000, 1, 1024);
        step.syn().ack(701).write(&mut down, &[]).unwrap();
        let (up, down) = (read(&up, Direction::Up).unwrap(), read(&down, Direction::Down).unwrap());
        assert_eq!(up.flow, down.flow);
        assert_eq!((up.opens, down.opens), (true, false));
    }

    #[test]
    fn what_is_no_ipv4_is_nobodys() {
        assert_eq!(read(&[], Direction::Up), None);
        assert_eq!(read(&[0x60; 48], Direction::Up), None);
        assert_eq!(read(&[0xff; 48], Direction::Up), None);
        assert_eq!(reset(&[0x45; 48]), None);
    }

    #[test]
    fn a_reset_answers_exactly_what_was_sent() {
        let data = reset(&tcp(|step| bytes(step.ack(9000), b"abc"))).unwrap();
        let sliced = SlicedPacket::from_ip(&data).unwrap();
        let Some(TransportSlice::Tcp(tcp_slice)) = sliced.transport else { panic!("no TCP") };
        assert!(tcp_slice.rst() && !tcp_slice.ack());
        assert_eq!((tcp_slice.source_port(), tcp_slice.destination_port()), (1883, 5000));
        assert_eq!(tcp_slice.sequence_number(), 9000);
        let opening = reset(&tcp(|step| bytes(step.syn(), &[]))).unwrap();
        let sliced = SlicedPacket::from_ip(&opening).unwrap();
        let Some(TransportSlice::Tcp(tcp_slice)) = sliced.transport else { panic!("no TCP") };
        assert!(tcp_slice.rst() && tcp_slice.ack());
        assert_eq!(tcp_slice.acknowledgment_number(), 701);
        // Never an answer to a reset.
        assert_eq!(reset(&opening), None);
    }
}
