//! The TUN device of one end. Knows no radio.

use std::{io, net::Ipv4Addr};

use tokio::runtime::Handle;
use tokio_tun::Tun;

use super::namespace::Namespace;

/// Largest packet, bytes: what cellular networks take where nothing says otherwise is 1358 to 1500.
pub(super) const MTU: i32 = 1_500;
/// Both ends and nothing else.
const NETMASK: Ipv4Addr = Ipv4Addr::new(255, 255, 255, 252);
/// Its name in the namespace.
pub(super) const NAME: &str = "radio0";

/// Opens the device of a namespace; its packets come to the current runtime.
pub(super) fn open(namespace: &Namespace, address: Ipv4Addr) -> io::Result<Tun> {
    let runtime = Handle::current();
    namespace.within(move || {
        let _runtime = runtime.enter();
        let made = Tun::builder().name(NAME).address(address).netmask(NETMASK).mtu(MTU).up().build();
        let mut made = made.map_err(io::Error::other)?;
        made.pop().ok_or_else(|| io::Error::other("no device was made"))
    })
}
