//! The soft limit on open files is no limit on connections.

#![cfg(target_os = "linux")]
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
};

use crate::served::{LIMIT, echo, upstream};
use crate::support::Running;

#[test]
fn a_link_serves_more_connections_than_the_soft_limit_lets_in() {
    let upstream = upstream(echo).to_string();
    let script = "ulimit -Sn 40 && exec \"$@\"";
    let child = Command::new("sh")
        .args(["-c", script, "sh", env!("CARGO_BIN_EXE_deadzone")])
        .args(["link", "--listen", "127.0.0.1:0", "--upstream", &upstream])
        .stdout(Stdio::piped())
        .spawn();
    let mut running = Running(child.unwrap());
    let mut line = String::new();
    BufReader::new(running.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.split(' ').nth(2).unwrap().to_owned();
    // Two files each.
    let mut clients: Vec<TcpStream> = (0..60).map(|_| TcpStream::connect(&address).unwrap()).collect();
    for client in &mut clients {
        client.set_read_timeout(Some(LIMIT)).unwrap();
        client.write_all(b"x").unwrap();
        client.read_exact(&mut [0]).unwrap();
    }
}
