//! TLS, WebSocket, passwords: the same verdicts over every transport, and every refusal in one line.

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use deadzone_transport::{Acceptor, Certificates, Identity, certificate_folder};
use serde_json::Value;
use tokio::{net::TcpListener, time::sleep};

use crate::support::{Running, Scratch, deadzone, output, program, reserved, stderr, stdout};

/// What no output may show, in whichever form. Its parts of four bytes stand nowhere by chance.
const PASSWORD: &str = "Zq7~xW9^Kd2|vB5}";
/// Scenarios in which nothing is silent.
const QUICK: [&str; 5] = ["qos1/inbound", "qos2/inbound", "qos2/interrupted", "session/present", "websocket"];
const SCHEMES: [&str; 4] = ["mqtt", "mqtts", "ws", "wss"];

/// The reference broker at every transport, for one user and clients with a certificate; where it listens, in their order.
fn served(scratch: &Scratch) -> (Running, Vec<String>) {
    let (folder, users) = (scratch.file("pem"), scratch.file("users"));
    fs::write(&users, format!("# who may come in\nrider:{PASSWORD}\n")).unwrap();
    let listens = SCHEMES.map(|scheme| format!("{scheme}://127.0.0.1:0"));
    let mut words = vec!["broker", "--client-certificates", "--certificates", folder.to_str().unwrap()];
    words.extend(["--password-file", users.to_str().unwrap()]);
    words.extend(listens.iter().flat_map(|listen| ["--listen", listen.as_str()]));
    let mut child = Running(deadzone(&words).stdout(Stdio::piped()).spawn().unwrap());
    let lines = BufReader::new(child.0.stdout.take().unwrap()).lines().take(SCHEMES.len());
    let found = lines.map(|line| line.unwrap().strip_prefix("listening on ").unwrap().to_owned()).collect();
    (child, found)
}

/// A run over an endpoint: exit code, what it printed, and its verdicts.
fn run(scratch: &Scratch, endpoint: &str, entry: &[&str]) -> (Option<i32>, String, Vec<(String, String)>) {
    let json = scratch.file(&format!("{}.json", endpoint.replace([':', '/'], "-")));
    let words =
        [&["run", "--quick", "--broker", endpoint, "--json", json.to_str().unwrap()], entry, &QUICK].concat();
    let run = output(&words);
    let text = stdout(&run) + &stderr(&run);
    let verdicts = fs::read_to_string(&json).ok().map(|text| {
        let document: Value = serde_json::from_str(&text).unwrap();
        let scenarios = document["scenarios"].as_array().unwrap();
        let of = |scenario: &Value| {
            let word = |key: &str| scenario[key].as_str().unwrap().to_owned();
            (format!("{} {}", word("id"), word("version")), word("verdict").replace("pass-slow", "pass"))
        };
        scenarios.iter().map(of).collect()
    });
    (run.status.code(), text, verdicts.unwrap_or_default())
}

/// Options for a user, and for certificates where the endpoint has TLS.
fn entry<'a>(endpoint: &str, password: &'a Path, pem: &'a [String; 3]) -> Vec<&'a str> {
    let mut words = vec!["--user", "rider", "--password-file", password.to_str().unwrap()];
    if endpoint.starts_with("mqtts") || endpoint.starts_with("wss") {
        words.extend(["--ca", &pem[0], "--cert", &pem[1], "--key", &pem[2]]);
    }
    words
}

fn pem(folder: &Path) -> [String; 3] {
    ["ca.pem", "client.pem", "client.key"].map(|name| folder.join(name).to_str().unwrap().to_owned())
}

#[test]
fn the_reference_broker_passes_over_every_transport() {
    let scratch = Scratch::new("transports");
    let (_broker, endpoints) = served(&scratch);
    let password = scratch.file("password");
    fs::write(&password, format!("{PASSWORD}\n")).unwrap();
    let pem = pem(&scratch.file("pem"));
    all_alike(&scratch, &endpoints, &password, &pem, &[0]);
}

/// Runs over all endpoints at the same time end so and give the same verdicts.
fn all_alike(scratch: &Scratch, endpoints: &[String], password: &Path, pem: &[String; 3], codes: &[i32]) {
    let mut told: Vec<Vec<(String, String)>> = thread::scope(|scope| {
        let runs = endpoints.iter().map(|endpoint| {
            scope.spawn(move || {
                let (code, text, verdicts) = run(scratch, endpoint, &entry(endpoint, password, pem));
                assert!(code.is_some_and(|code| codes.contains(&code)), "{endpoint}: {code:?} {text}");
                verdicts
            })
        });
        let runs: Vec<_> = runs.collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    // What is about WebSocket is played where there is one, and nowhere else.
    for (endpoint, told) in endpoints.iter().zip(&mut told) {
        let (own, rest): (Vec<_>, Vec<_>) =
            told.drain(..).partition(|(key, _)| key.starts_with("websocket/"));
        *told = rest;
        let played = own.iter().filter(|(_, verdict)| verdict != "not-applicable").count();
        assert!(
            own.len() >= 10 && played == if endpoint.starts_with("ws") { own.len() } else { 0 },
            "{own:?}"
        );
    }
    assert!(told[0].len() > 30 && told.iter().all(|verdicts| *verdicts == told[0]), "{told:?}");
}

#[test]
fn mosquitto_gives_the_same_verdicts_over_every_transport() {
    let (Some(mosquitto), Some(passwd)) = (program("mosquitto"), program("mosquitto_passwd")) else { return };
    let scratch = Scratch::new("mosquitto-transports");
    let (password, users) = (scratch.file("password"), scratch.file("users"));
    fs::write(&password, PASSWORD).unwrap();
    fs::write(&users, "").unwrap();
    let made = Command::new(passwd).arg("-b").arg(&users).args(["rider", PASSWORD]).status().unwrap();
    assert!(made.success());
    certificate_folder(&scratch.0, "deadzone test", &["127.0.0.1"], "rider").unwrap();
    let ports = SCHEMES.map(|_| reserved().port());
    let mut text = format!("user root\nallow_anonymous false\npassword_file {}\n", users.display());
    for (scheme, port) in SCHEMES.iter().zip(&ports) {
        writeln!(text, "listener {port} 127.0.0.1\nset_tcp_nodelay true").unwrap();
        if scheme.starts_with("ws") {
            text += "protocol websockets\n";
        }
        if scheme.ends_with('s') && *scheme != "ws" {
            let file = |name: &str| scratch.file(name).display().to_string();
            writeln!(text, "cafile {}\ncertfile {}", file("ca.pem"), file("server.pem")).unwrap();
            writeln!(text, "keyfile {}\nrequire_certificate true", file("server.key")).unwrap();
        }
    }
    let configuration = scratch.file("mosquitto.conf");
    fs::write(&configuration, text).unwrap();
    let mut command = Command::new(mosquitto);
    command.arg("-c").arg(&configuration).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let _broker = Running(command.spawn().unwrap());
    let pem = pem(&scratch.0);
    let endpoint = |(scheme, port): (&&str, &u16)| {
        wait_for(SocketAddr::from((Ipv4Addr::LOCALHOST, *port)));
        format!("{scheme}://127.0.0.1:{port}")
    };
    let endpoints: Vec<String> = SCHEMES.iter().zip(&ports).map(endpoint).collect();
    all_alike(&scratch, &endpoints, &password, &pem, &[0, 1]);
}

/// Until it accepts, or for so long that the run itself tells better.
fn wait_for(address: SocketAddr) {
    for _ in 0..500 {
        if std::net::TcpStream::connect(address).is_ok() {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_refusal_is_one_line_and_exit_5() {
    let scratch = Scratch::new("refused");
    let (_broker, endpoints) = served(&scratch);
    let (password, wrong) = (scratch.file("password"), scratch.file("wrong"));
    fs::write(&password, PASSWORD).unwrap();
    fs::write(&wrong, "guess").unwrap();
    let other = scratch.file("other.pem");
    fs::write(&other, Certificates::new("another authority").unwrap().authority_pem()).unwrap();
    let (password, wrong, other) =
        (password.to_str().unwrap(), wrong.to_str().unwrap(), other.to_str().unwrap());
    let pem = pem(&scratch.file("pem"));
    let [plain, tls, ..] = &endpoints[..] else { panic!("{endpoints:?}") };
    let local = tls.replace("127.0.0.1", "127.0.0.2");
    let cert = ["--cert", &pem[1], "--key", &pem[2]];
    let rider = ["--user", "rider", "--password-file", password];
    for (endpoint, words, reason) in [
        (plain, vec!["--user", "rider", "--password-file", wrong], "Bad User Name or Password"),
        (plain, vec![], "Bad User Name or Password"),
        (tls, [&rider[..], &cert, &["--ca", other]].concat(), "no authority that is trusted here"),
        (tls, [&rider[..], &["--ca", &pem[0]]].concat(), "refused TLS"),
        (&local, [&rider[..], &cert, &["--ca", &pem[0]]].concat(), "no connection"),
    ] {
        let (code, text, _) = run(&scratch, endpoint, &words);
        assert_eq!(code, Some(5), "{reason}: {text}");
        let told: Vec<&str> = text.lines().filter(|line| line.contains(reason)).collect();
        assert_eq!(told.len(), 1, "{reason}: {text}");
    }
}

#[test]
fn a_certificate_that_is_expired_or_for_another_host_is_told() {
    let scratch = Scratch::new("expired");
    let authority = Certificates::new("deadzone test").unwrap();
    let ca = scratch.file("ca.pem");
    fs::write(&ca, authority.authority_pem()).unwrap();
    for (identity, reason) in [
        (authority.expired_server(&["127.0.0.1"]).unwrap(), "the broker's certificate is expired"),
        (authority.server(&["broker.example"]).unwrap(), "the broker's certificate is for another host"),
    ] {
        let endpoint = format!("mqtts://{}", secured(identity));
        let (code, text, _) = run(&scratch, &endpoint, &["--ca", ca.to_str().unwrap()]);
        assert_eq!(code, Some(5), "{text}");
        assert!(text.contains(reason), "{text}");
    }
}

/// A listener of this identity that speaks no MQTT, for as long as the test runs.
fn secured(identity: Identity) -> SocketAddr {
    let (tell, told) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tokio::task::LocalSet::new().block_on(&runtime, async move {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            let acceptor = Acceptor::secured(false, &identity, None).unwrap();
            while let Ok((socket, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::task::spawn_local(async move {
                    if let Ok(stream) = acceptor.accept(socket).await {
                        sleep(Duration::from_secs(60)).await;
                        drop(stream);
                    }
                });
            }
        });
    });
    told.recv().unwrap()
}

#[test]
fn no_output_shows_a_password_in_any_form() {
    let scratch = Scratch::new("unseen");
    let (_broker, endpoints) = served(&scratch);
    let folder = scratch.file("out");
    fs::create_dir(&folder).unwrap();
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (json, junit, histories) = (file("run.json"), file("run.xml"), file("histories"));
    let coded: String = PASSWORD.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let url = endpoints[0].replace("mqtt://", &format!("mqtt://rider:{coded}@"));
    let mut outputs = Vec::new();
    for (number, broker) in [&url, &url.replace("%32", "%33")].into_iter().enumerate() {
        let words =
            ["run", "-v", "--broker", broker, "--json", &json, "--junit", &junit, "--history", &histories];
        // A mutant makes failures, with all that a failure shows; torn CONNECTs are among these.
        let more =
            ["--quick", "--mutant", "mutant-dup-cleared", "qos1", "qos2", "session", "malformed/connect"];
        let run = output(&[&words[..], &more].concat());
        outputs.push((format!("stdout {number}"), run.stdout));
        outputs.push((format!("stderr {number}"), run.stderr));
        outputs.extend(all_files(&folder));
    }
    // What is only said: settings, help, and mistakes in which it stands.
    let odd = "mqtt://rider:Zq7~xW9/Kd2|vB5}@127.0.0.1:1";
    for words in [
        &["run", "--broker", &url, "--show-config"][..],
        &["run", "--broker", odd, "--show-config"],
        &["run", "--broker", odd],
        &["run", "--broker", "wss://rider:Zq7~xW9^Kd2|vB5}@127.0.0.1:1/x.toml"],
        &["run", "--broker", "rider:Zq7~xW9^Kd2|vB5}@127.0.0.1:1"],
        &["run", "mqtt://rider:Zq7~xW9^Kd2|vB5}@127.0.0.1:1"],
    ] {
        let said = output(words);
        outputs.push((format!("stdout of {words:?}"), said.stdout));
        outputs.push((format!("stderr of {words:?}"), said.stderr));
    }
    let help = deadzone(&["run", "--help"]).env("DEADZONE_BROKER", &url).output().unwrap();
    outputs.push(("help".to_owned(), help.stdout));
    for (name, text) in [
        ("unquoted", format!("broker = mqtt://rider:{PASSWORD}@h\n")),
        ("unknown", format!("password = \"{PASSWORD}\"\n")),
    ] {
        let folder = scratch.file(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("deadzone.toml"), text).unwrap();
        let said = deadzone(&["run"]).current_dir(&folder).output().unwrap();
        assert_eq!(said.status.code(), Some(2));
        outputs.push((format!("deadzone.toml, {name}"), said.stderr));
    }
    assert!(outputs.len() > 100, "records and reports were written: {}", outputs.len());
    for (name, bytes) in &outputs {
        for form in forms() {
            let seen = bytes.windows(form.len()).any(|window| window == form);
            assert!(!seen, "{name} shows {:?}", String::from_utf8_lossy(&form));
        }
    }
}

/// The password in pieces of four bytes: plain, hexadecimal, percent-coded, base64.
fn forms() -> Vec<Vec<u8>> {
    let bytes = PASSWORD.as_bytes();
    let mut forms = Vec::new();
    for piece in bytes.windows(4) {
        forms.push(piece.to_vec());
        for between in ["", " "] {
            let hex: Vec<String> = piece.iter().map(|byte| format!("{byte:02x}")).collect();
            forms.push(hex.join(between).into_bytes());
        }
        forms.push(piece.iter().map(|byte| format!("%{byte:02x}")).collect::<String>().into_bytes());
    }
    // Three bytes give four letters, at each of three places.
    forms.extend(bytes.windows(6).map(|six| [base64(&six[..3]), base64(&six[3..])].concat()));
    forms
}

fn base64(three: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let number = three.iter().fold(0u32, |number, byte| number << 8 | u32::from(*byte));
    [18, 12, 6, 0].map(|shift| LETTERS[(number >> shift & 63) as usize]).to_vec()
}

fn all_files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(all_files(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found
}
