//! `deadzone link --history --judge`: whatever a client sends, no password or token of it stands in the record, in the report or on
//! the terminal.

use std::{
    fs,
    io::{Read, Write},
    net::Shutdown,
};

use crate::served::before;
use crate::support::{Scratch, broker, files};
use deadzone_wire::{Connect, PropertyId, PropertyValue, Text, Version};

/// No four bytes of it stand anywhere else.
const SECRET: &str = "xK7qWz9vLmPd";

fn bytes(connect: Connect, version: Version) -> Vec<u8> {
    deadzone_wire::Packet::from(connect).encode(version).to_bytes().to_vec()
}

fn with_password() -> Vec<u8> {
    let mut connect = Connect::new(Version::V311, "c");
    connect.set_username("u".into());
    connect.set_password(SECRET.into());
    bytes(connect, Version::V311)
}

/// Streams that hold a secret and can't be read as a client's packets.
fn unreadable() -> Vec<Vec<u8>> {
    let token = || Text::from(format!("Bearer {SECRET}").as_str());
    let mut named = Connect::new(Version::V311, "c");
    named.set_username(token());
    named.set_password("x".into());
    let mut held = Connect::new(Version::V5, "c");
    held.properties.push(PropertyId::UserProperty, PropertyValue::Pair("authorization".into(), token()));
    let (named, held) = (bytes(named, Version::V311), bytes(held, Version::V5));
    let whole = with_password();
    let with = |at: usize, value: u8| {
        let mut wrong = whole.clone();
        wrong[at] = value;
        wrong
    };
    let plain = bytes(Connect::new(Version::V311, "c"), Version::V311);
    let overlong = b"\xff\xff\xff\xff\x01";
    let auth = [b"\xf0\xff\xff\xff\xff\x01\x18\x10\x15\0\x04SCRM\x16\0\x0c", SECRET.as_bytes()].concat();
    vec![
        named[..named.len() - 4].to_vec(),
        held[..held.len() - 4].to_vec(),
        format!("GET /?token={SECRET} HTTP/1.1\r\nAuthorization: Bearer {SECRET}\r\n\r\n").into_bytes(),
        // The client id's length: past the end, and up to it.
        with(13, 40),
        with(13, whole.len() as u8 - 14),
        [&whole[..1], overlong, &whole[2..]].concat(),
        [&plain[..], &whole[..1], overlong, &whole[2..]].concat(),
        auth,
        [&b"\0"[..], &with(7, b'X')].concat(),
        with(1, whole[1] - 10),
        [&plain[..], b"\0\0\0", &whole].concat(),
        [&plain[..], b"\0", &[whole.len() as u8], &whole].concat(),
    ]
}

#[test]
fn what_can_not_be_read_tells_no_secret() {
    let scratch = Scratch::new("link-secrets");
    let (history, report) = (scratch.file("history"), scratch.file("report.json"));
    let (_broker, address) = broker(&[]);
    let files_of = ["--history", history.to_str().unwrap(), "--json", report.to_str().unwrap()];
    let link = before(address, &[&["--judge"][..], &files_of].concat());
    let streams = unreadable();
    for stream in &streams {
        let mut client = link.connect();
        client.write_all(stream).unwrap();
        let _ = client.shutdown(Shutdown::Write);
        // What it answers, and whether it resets, is the broker's.
        let _ = client.read_to_end(&mut Vec::new());
    }
    let (_, said) = link.ended();
    assert!(said.contains(&format!("{} connections", streams.len())), "{said}");
    assert!(said.contains("CONNECT unreadable"), "the breach itself is told: {said}");
    let mut shown = vec![("terminal".to_owned(), said.into_bytes())];
    shown.push(("report".to_owned(), fs::read(&report).unwrap()));
    shown.extend(files(&history));
    for (name, bytes) in shown {
        for piece in SECRET.as_bytes().windows(4) {
            let hex: String = piece.iter().map(|byte| format!("{byte:02x}")).collect();
            for form in [piece, hex.as_bytes()] {
                let found = bytes.windows(form.len()).position(|part| part == form);
                assert!(
                    found.is_none(),
                    "{} in {name}: {}",
                    form.escape_ascii(),
                    String::from_utf8_lossy(&bytes)
                );
            }
        }
    }
}
