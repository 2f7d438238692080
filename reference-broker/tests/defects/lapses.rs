//! Scripts about what shows only sometimes, about levels and first packets, and about brokers that fall.

use deadzone_wire::{Disconnect, Packet, Properties, PropertyId, PropertyValue, Version};

use crate::{
    rig::{ENDED, Rig, SECOND, add_will, number},
    scripts::watched,
};

/// A DISCONNECT of a reason that is in no list; before 5.0 one with wrong flags.
pub(crate) fn will_at_refused_disconnect(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect_with(1, "c", true, |c| add_will(c, 1, false, 0));
    rig.raw(1, if rig.version == Version::V5 { &[0xe0, 0x01, 0xff] } else { &[0xe1, 0x00] });
    rig.log(9)
}

pub(crate) fn will_at_raised_expiry(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect_with(1, "c", true, |c| add_will(c, 1, false, 0));
    let properties = Properties::new().with(PropertyId::SessionExpiryInterval, PropertyValue::U32(60));
    rig.send(
        1,
        &Packet::Disconnect(Disconnect { properties: Some(properties), ..Disconnect::with_reason(0) }),
    );
    rig.log(9)
}

/// Reason 0x04 asks for the will, and is no refusal.
pub(crate) fn will_at_0x04(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect_with(1, "c", true, |c| add_will(c, 1, false, 0));
    rig.disconnect(1, Some(0x04));
    rig.log(9)
}

pub(crate) fn eight_disconnects(rig: &mut Rig) -> String {
    watched(rig);
    for conn in 10..18 {
        rig.connect_with(conn, "c", true, |c| add_will(c, 0, false, 0));
        rig.disconnect(conn, None);
    }
    rig.log(9)
}

/// Each session ends with its connection; then it is asked for again, four times.
pub(crate) fn returns_to_an_ended_session(rig: &mut Rig) -> String {
    rig.connect_with(1, "c", true, |_| {});
    rig.disconnect(1, None);
    rig.skip();
    let mut seen = Vec::new();
    for conn in 2..=5 {
        rig.connect_with(conn, "c", false, |c| {
            number(&mut c.properties.items, PropertyId::SessionExpiryInterval, 0);
        });
        seen.push(rig.log(conn));
        rig.disconnect(conn, None);
        // Before 5.0 only a clean session ends with its connection.
        rig.connect(conn + 10, "c", true);
        rig.disconnect(conn + 10, None);
    }
    seen.join(", ")
}

/// A CONNECT of this level in the layout of its version, or of 3.1.1.
pub(crate) fn connect_at(rig: &mut Rig, level: u8) -> String {
    let mut bytes = vec![0x10, 13, 0, 4, b'M', b'Q', b'T', b'T', level, 2, 0, 60, 0, 1, b'c'];
    if level == 5 {
        bytes[1] += 1;
        bytes.insert(12, 0);
    }
    rig.open(1);
    rig.raw(1, &bytes);
    rig.log(1)
}

pub(crate) fn connect_at_6(rig: &mut Rig) -> String {
    connect_at(rig, 6)
}

pub(crate) fn connect_at_5(rig: &mut Rig) -> String {
    let log = connect_at(rig, 5);
    if log == "closed" { log } else { "answered".into() }
}

/// A CONNECT that names what no broker of ours has: in 5.0 a method of authentication, before it a session without an id.
pub(crate) fn refused(rig: &mut Rig) -> String {
    let id = if rig.version == Version::V5 { "c" } else { "" };
    rig.connect_with(1, id, false, |connect| {
        if connect.level == 5 {
            let method = PropertyValue::Text("m".into());
            connect.properties.push(PropertyId::AuthenticationMethod, method);
        }
    });
    rig.log(1)
}

pub(crate) fn ping_first(rig: &mut Rig) -> String {
    rig.open(1);
    rig.ping(1);
    rig.log(1)
}

fn unsubscribed(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.subscribe(1, "t", 0);
    rig.skip();
    rig.unsubscribe(1, "t");
    let log = rig.log(1);
    if log.is_empty() { "silence".into() } else { log.split(' ').next().unwrap_or_default().to_owned() }
}

pub(crate) fn connects_after_unsubscribe(rig: &mut Rig) -> String {
    let mut seen = vec![unsubscribed(rig)];
    for conn in 2..=5 {
        rig.connect(conn, &format!("c{conn}"), true);
        seen.push(rig.log(conn));
    }
    rig.ping(1);
    rig.ping(2);
    format!("{}; {}; {}", seen.join(", "), rig.log(1), rig.log(2))
}

pub(crate) fn life_after_unsubscribe(rig: &mut Rig) -> String {
    let answer = unsubscribed(rig);
    rig.connect(2, "other", true);
    rig.ping(1);
    rig.wait(30 * SECOND);
    let end = rig.log(ENDED);
    let kept = rig.log(1);
    format!(
        "{answer}{}, {}, {}",
        if end.is_empty() { "" } else { " ended" },
        rig.log(2),
        kept.split(' ').next().unwrap_or_default()
    )
}
