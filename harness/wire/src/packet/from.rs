//! Each packet's own type into the one enum.

use super::{
    Ack, Auth, Bare, Connack, Connect, Disconnect, Opaque, Packet, Publish, Suback, Subscribe, Unsuback,
    Unsubscribe,
};

macro_rules! into_packet {
    ($($packet:ident)*) => {
        $(
            impl From<$packet> for Packet {
                fn from(packet: $packet) -> Self {
                    Self::$packet(packet)
                }
            }
        )*
    };
}

into_packet!(Ack Auth Bare Connack Disconnect Opaque Publish Suback Subscribe Unsuback Unsubscribe);

impl From<Connect> for Packet {
    fn from(connect: Connect) -> Self {
        Self::Connect(Box::new(connect))
    }
}
