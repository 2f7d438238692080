//! `deadzone link --decisions` and `--replay`: what chance decided goes into a file, and comes out of it.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    time::{Duration, Instant},
};

use crate::served::{Served, before, echo, upstream};
use crate::support::{Scratch, output, stderr};
use deadzone_proxy::Decided;

/// What each process decided, by modem, process and direction.
type Streams = BTreeMap<String, Vec<u64>>;

fn streams(file: &Path) -> Streams {
    let mut streams = Streams::new();
    for line in fs::read_to_string(file).unwrap().lines() {
        let decided: Decided = serde_json::from_str(line).unwrap();
        for one in decided.decisions {
            let name = format!("{} {} {} {:?}", decided.link, decided.modem, one.process, one.direction);
            streams.entry(name).or_default().push(one.value);
        }
    }
    streams
}

/// One message there and back on a new connection: how long, and the connection.
fn trip(link: &Served) -> (Duration, TcpStream) {
    let mut client = link.connect();
    let began = Instant::now();
    client.write_all(b"x").unwrap();
    client.read_exact(&mut [0]).unwrap();
    (began.elapsed(), client)
}

/// Two connections, one of which is still open when the link is interrupted: what was decided meanwhile.
fn decided(scratch: &Scratch, name: &str, args: &[&str]) -> Streams {
    let file = scratch.file(name);
    let decisions = ["--decisions", file.to_str().unwrap(), "--profile", "lte-static"];
    let link = before(upstream(echo), &[&decisions, args].concat());
    trip(&link);
    let open = trip(&link);
    link.interrupt();
    drop(open);
    streams(&file)
}

/// How many streams have the same beginning, as far as both go, and how many there are in both.
fn same(one: &Streams, other: &Streams) -> (usize, usize) {
    let both: Vec<_> = one.iter().filter_map(|(name, list)| Some((list, other.get(name)?))).collect();
    let same = both.iter().filter(|(one, other)| {
        let shorter = one.len().min(other.len());
        one[..shorter] == other[..shorter]
    });
    (same.count(), both.len())
}

#[test]
fn what_was_decided_is_played_again_whatever_the_seed() {
    let scratch = Scratch::new("decided");
    let first = decided(&scratch, "first", &["--seed", "1"]);
    for modem in ["link 1 delay", "link 2 delay"] {
        assert!(first.keys().any(|name| name.starts_with(modem)), "{:?}", first.keys());
    }
    let file = scratch.file("first");
    let played = decided(&scratch, "played", &["--seed", "2", "--replay", file.to_str().unwrap()]);
    let (same_streams, streams) = same(&first, &played);
    assert!(streams >= 8 && same_streams == streams, "{same_streams} of {streams}");
    let other = decided(&scratch, "other", &["--seed", "2"]);
    assert!(same(&first, &other).0 < streams, "another seed decides otherwise");
}

#[test]
fn a_decision_of_ones_own_is_what_happens() {
    let scratch = Scratch::new("own-decision");
    let file = scratch.file("own");
    // Service lasts for a millisecond and then stops for four seconds; upwards, for the first connection only.
    let line = r#"{"link":"link","modem":"1","decisions":[{"process":"stall","direction":"up","value":1000},
        {"process":"stall","direction":"up","value":4000000}]}"#;
    fs::write(&file, line.replace('\n', "")).unwrap();
    let link = before(upstream(echo), &["--profile", "lte-m", "--replay", file.to_str().unwrap()]);
    let (stalled, free) = (trip(&link).0, trip(&link).0);
    assert!(stalled > Duration::from_secs(2), "{stalled:?}");
    assert!(free < stalled / 2, "{free:?} after {stalled:?}");
}

#[test]
fn what_is_no_decision_is_named_with_its_line() {
    let scratch = Scratch::new("no-decision");
    let file = scratch.file("wrong");
    fs::write(&file, "{\"link\":\"a\",\"modem\":\"1\",\"decisions\":[]}\n{\"link\":\"a\"}\n").unwrap();
    let wrong = file.to_str().unwrap();
    let file = scratch.file("impossible");
    let line = r#"{"link":"a","modem":"1","decisions":[{"process":"loss","direction":"up","value":18446744073709551615}]}"#;
    fs::write(&file, line).unwrap();
    let impossible = file.to_str().unwrap();
    for (args, said) in [
        (["--replay", wrong], "wrong:2: no decisions: missing field `modem`"),
        (["--replay", impossible], "impossible:1: no profile could decide 18446744073709551615 for loss"),
        (["--replay", "/nowhere/at/all"], "could not read /nowhere/at/all"),
        (["--decisions", "/nowhere/at/all"], "could not write /nowhere/at/all"),
    ] {
        let link = ["link", "--upstream", "127.0.0.1:1", "--listen", "127.0.0.1:0", "--profile", "lte-m"];
        let run = output(&[&link, &args[..]].concat());
        assert_eq!(run.status.code(), Some(2), "{args:?}: {}", stderr(&run));
        assert!(stderr(&run).contains(said), "{args:?}: {}", stderr(&run));
    }
}
