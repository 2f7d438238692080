//! A password is in nothing that a run writes: not in plain, in hex, in base64, nor a piece of four bytes of it.

use std::{
    fmt::Write,
    fs,
    path::Path,
    process::{Command, Stdio},
};

use crate::support::{Running, Scratch, broker, deadzone, output};

/// Bytes that no report has by chance, and that neither JSON nor XML escapes.
const SECRET: &[u8] = b"Vq8#zT5^mK2~wJ9%";

fn hex(bytes: &[u8], between: &str) -> String {
    let mut text = String::new();
    for byte in bytes {
        let _ = write!(text, "{}{byte:02x}", if text.is_empty() { "" } else { between });
    }
    text
}

/// What of the base64 of a text that holds the secret is the secret's alone, wherever in the text it begins.
fn base64(before: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes = [&vec![0; before][..], SECRET].concat();
    let whole = bytes.len() / 3 * 3;
    let mut text = String::new();
    for three in bytes[..whole].chunks(3) {
        let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        (0..4).rev().for_each(|n| text.push(char::from(LETTERS[bits >> (6 * n) & 63])));
    }
    text.split_off(before.div_ceil(3) * 4)
}

/// Every shape in which a reader could find it.
fn shapes() -> Vec<String> {
    let mut all: Vec<String> = (0..3).map(base64).collect();
    for piece in SECRET.windows(4) {
        all.push(String::from_utf8(piece.to_vec()).unwrap());
        all.extend(["", " ", ":", "\\x", ", 0x"].map(|between| hex(piece, between)));
    }
    all
}

/// The shapes that a text shows, letters large or small.
fn shown(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    let small = text.to_lowercase();
    let holds = |shape: &String| text.contains(shape.as_str()) || small.contains(shape.as_str());
    shapes().into_iter().filter(holds).collect()
}

fn search(folder: &Path, files: &mut usize) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            search(&path, files);
        } else if path.file_name().is_some_and(|name| name != "password" && name != "users") {
            *files += 1;
            let found = shown(&fs::read(&path).unwrap());
            assert!(found.is_empty(), "{}: {found:?}", path.display());
        }
    }
}

#[test]
fn the_search_finds_a_secret_in_every_shape() {
    for text in [
        SECRET.to_vec(),
        SECRET[5..9].to_vec(),
        hex(SECRET, "").into_bytes(),
        hex(SECRET, " ").to_uppercase().into_bytes(),
        b"AAAA".iter().copied().chain(base64(0).into_bytes()).collect(),
        base64(1).into_bytes(),
        base64(2).into_bytes(),
    ] {
        assert!(!shown(&text).is_empty(), "{text:?}");
    }
    assert!(shown(b"nothing of it").is_empty());
}

#[test]
fn a_password_is_in_no_file_and_no_line_of_a_run() {
    let scratch = Scratch::new("secrets");
    let place = |name: &str| scratch.file(name).to_str().unwrap().to_owned();
    fs::write(place("password"), SECRET).unwrap();
    fs::write(place("users"), [b"rider:", SECRET, b"\n"].concat()).unwrap();
    let (_broker, address) = broker(&["--password-file", &place("users")]);
    let url = format!("mqtt://{address}");
    let [history, junit, json, repro] = ["history", "junit.xml", "run.json", "repro"].map(place);
    let entry =
        ["--broker", &url, "--user", "rider", "--password-file", &place("password")].map(str::to_owned);
    let words =
        ["run", "qos1", "malformed", "qos0/delivered/torn", "--quick", "--mutant", "mutant-retain-set", "-v"];
    let files = ["--history", &history, "--junit", &junit, "--json", &json, "--repro", &repro];
    let mut all: Vec<&str> = [&words[..], &files].concat();
    all.extend(entry.iter().map(String::as_str));
    let run = output(&all);
    let said = [&run.stdout[..], &run.stderr].concat();
    assert_eq!(run.status.code(), Some(1), "{}", String::from_utf8_lossy(&said));
    let update = output(&["expect", "update", &json, "--file", &place("known.toml")]);
    let judged = output(&["judge", &history, "--json", &place("judged.json"), "-v"]);
    let probed =
        output(&[&["probe", "--toml", "--quick"][..], &entry.each_ref().map(String::as_str)].concat());
    let shown_config =
        output(&[&["run", "--show-config"][..], &entry.each_ref().map(String::as_str)].concat());
    for (what, output) in [("run", &run), ("update", &update), ("judge", &judged), ("probe", &probed)] {
        assert!(
            !output.stdout.is_empty(),
            "{what} says something: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    for output in [&run, &update, &judged, &probed, &shown_config] {
        let found = shown(&[&output.stdout[..], &output.stderr].concat());
        assert!(found.is_empty(), "{found:?}");
    }
    torn_behind_a_link(&scratch, &url);
    let mut files = 0;
    search(&scratch.0, &mut files);
    assert!(files > 20, "histories, reports and scripts were searched: {files}");
}

/// A client's CONNECT that a link tears inside the password, recorded.
fn torn_behind_a_link(scratch: &Scratch, upstream: &str) {
    use std::io::{BufRead, BufReader, Read, Write as _};
    let folder = scratch.file("link");
    let upstream = upstream.trim_start_matches("mqtt://");
    let mut link = deadzone(&["link", "--listen", "127.0.0.1:0", "--upstream", upstream]);
    link.args(["--history", folder.to_str().unwrap()]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut link = Running(link.spawn().unwrap());
    let mut out = BufReader::new(link.0.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let address = line.strip_prefix("listening on ").unwrap().split(' ').next().unwrap().to_owned();
    let mut connect = b"\x10\x26\x00\x04MQTT\x04\xc2\x00\x3c\x00\x01a\x00\x05rider\x00\x10".to_vec();
    let whole = connect.len() + SECRET.len();
    connect.extend(SECRET);
    for end in [whole - 9, whole - 1, whole] {
        let mut client = std::net::TcpStream::connect(&address).unwrap();
        client.write_all(&connect[..end]).unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        client.set_read_timeout(Some(std::time::Duration::from_secs(10))).unwrap();
        let _ = client.read_to_end(&mut Vec::new());
    }
    let pid = link.0.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let mut rest = Vec::new();
    out.read_to_end(&mut rest).unwrap();
    assert!(shown(&rest).is_empty());
    assert!(fs::read_dir(&folder).unwrap().count() > 0, "it recorded something");
}
