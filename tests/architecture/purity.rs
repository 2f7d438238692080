//! Pure code knows no runtime, no system and no chance: `now` and `seed` are arguments, and nothing is iterated in hash order.

use crate::{
    complaint::{Complaint, lines, none},
    paths::paths,
    repo::{Source, sources},
};

/// Folders of pure code.
pub(crate) const PURE: [&str; 7] = [
    "harness/wire/src/",
    "harness/spec/src/",
    "harness/link/src/",
    "harness/script/src/",
    "harness/history/src/",
    "harness/oracle/src/",
    "reference-broker/src/core/",
];
/// Renderings take events and give text: they may not touch the system either.
const RENDERING: &str = "reports/src/";

const SYSTEM: [&[&str]; 12] = [
    &["tokio"],
    &["std", "net"],
    &["std", "fs"],
    &["std", "process"],
    &["std", "thread"],
    &["std", "env"],
    &["time", "Instant"],
    &["Instant", "now"],
    &["SystemTime"],
    &["UNIX_EPOCH"],
    &["rand"],
    &["getrandom"],
];
/// What draws a hasher's keys by chance. A fixed hasher is for look-ups; that nothing iterates it is clippy's to see.
const HASHED: [&[&str]; 3] = [&["HashMap", "new"], &["HashSet", "new"], &["RandomState"]];

fn impure(source: &Source, hashed: bool) -> Vec<Complaint> {
    let banned: Vec<&[&str]> = SYSTEM.into_iter().chain(HASHED.into_iter().filter(|_| hashed)).collect();
    let used = paths(&source.masked).into_iter().filter(|p| !source.in_test(p.at));
    used.filter_map(|path| {
        let ban =
            banned.iter().find(|ban| path.has(ban) && (ban.len() > 1 || named(&path.segments, ban[0])))?;
        let instead = match ban[0] {
            "HashMap" | "HashSet" | "RandomState" => {
                "the crate's fixed hasher for look-ups; a BTreeMap, BTreeSet or Vec for what is iterated"
            }
            "rand" | "getrandom" => "a rand_chacha stream seeded by an argument",
            "time" | "Instant" | "SystemTime" | "UNIX_EPOCH" => "take `now_us` as an argument",
            _ => "leave it to play, proxy, runner, serve or cli, which own the system",
        };
        Some(Complaint::new(&source.path, path.line, format!("`{}` in pure code", path.text()), instead))
    })
    .collect()
}

/// A crate's name counts where a path begins, a type's name anywhere.
fn named(segments: &[String], ban: &str) -> bool {
    let is_type = ban.starts_with(|c: char| c.is_ascii_uppercase());
    is_type || (segments.len() > 1 && segments[0] == ban)
}

#[test]
fn pure_code_is_pure() {
    let pure = sources().iter().filter(|s| s.is_shipped() && PURE.iter().any(|p| s.path.starts_with(p)));
    none(pure.flat_map(|s| impure(s, true)).collect());
}

#[test]
fn reports_touch_no_system() {
    let reports = sources().iter().filter(|s| s.is_shipped() && s.path.starts_with(RENDERING));
    none(reports.flat_map(|s| impure(s, false)).collect());
}

#[test]
fn impure_code_is_seen() {
    let bad = "use std::{\n  fs,\n  net::TcpStream,\n  time::{Duration, Instant},\n  collections::BTreeMap,\n};\n\
               fn f() {\n  HashMap::new(std::fs::read(x));\n  tokio::spawn(y);\n  SystemTime::now();\n  rand::random();\n}\n";
    assert_eq!(lines(&impure(&Source::new("harness/wire/src/a.rs", bad), true)), [2, 3, 4, 8, 8, 9, 10, 11]);
    assert_eq!(lines(&impure(&Source::new("reports/src/a.rs", bad), false)), [2, 3, 4, 8, 9, 10, 11]);
}

#[test]
fn innocent_code_is_left_alone() {
    let good = "//! tokio::spawn, std::fs\nuse std::time::Duration;\nuse rand_chacha::ChaCha8Rng;\n\
                enum Overflow { Instant(u64) }\nfn f() { Overflow::Instant(1); let net = \"std::net\"; tokio + net }\n\
                #[cfg(test)]\nmod tests { use std::fs; }\n";
    assert_eq!(impure(&Source::new("harness/wire/src/a.rs", good), true), []);
}
