//! `deadzone probe` and `--wait`.

use std::{fs, net::TcpListener, process::Stdio, thread, time::Duration};

use crate::support::{Running, Scratch, broker, deadzone, output, reserved, stderr, stdout};

#[test]
fn a_broker_is_told_fact_by_fact_with_where_each_is_known_from() {
    let (_broker, address) = broker(&[]);
    let url = format!("mqtt://{address}");
    let probe = output(&["probe", &url, "--quick"]);
    let said = stdout(&probe);
    assert_eq!(probe.status.code(), Some(0), "{said}{}", stderr(&probe));
    let line = |what: &str| {
        let line = said.lines().find(|line| line.trim_start().starts_with(what));
        line.unwrap_or_else(|| panic!("{what}: {said}")).to_owned()
    };
    assert!(line("receive maximum").contains("advertised  CONNACK"), "{said}");
    assert!(line("retained messages").contains("seen"), "{said}");
    assert!(line("keep alive").contains("standard"), "{said}");
    let file = stdout(&output(&["probe", &url, "--quick", "--toml"]));
    let scratch = Scratch::new("probed");
    let path = scratch.file("probed.toml");
    fs::write(&path, &file).unwrap();
    let run = output(&["run", "--broker", path.to_str().unwrap(), "qos0/delivered/as-published"]);
    assert_eq!(run.status.code(), Some(0), "it can be used as it is: {file}{}", stderr(&run));
}

#[test]
fn a_target_file_holds_how_clients_get_in_and_no_password() {
    let scratch = Scratch::new("probed-login");
    let logins = scratch.file("logins");
    fs::write(&logins, "rider:s3cret-word\n").unwrap();
    let password = scratch.file("password");
    fs::write(&password, "s3cret-word\n").unwrap();
    let (_broker, address) = broker(&["--password-file", logins.to_str().unwrap()]);
    let url = format!("mqtt://{address}");
    let login = ["--user", "rider", "--password-file", password.to_str().unwrap()];
    let probe = output(&[&["probe", &url, "--quick", "--toml"][..], &login].concat());
    let file = stdout(&probe);
    assert!(file.contains("\nuser = \"rider\"\n") && !file.contains("s3cret"), "{file}{}", stderr(&probe));
    let path = scratch.file("probed.toml");
    fs::write(&path, &file).unwrap();
    let run = output(&["run", "--broker", path.to_str().unwrap(), "qos0/delivered/as-published"]);
    assert_eq!(run.status.code(), Some(0), "it can be used as it is: {file}{}", stderr(&run));
}

#[test]
fn a_target_of_two_nodes_comes_back_as_two() {
    let ((_one, first), (_other, second)) = (broker(&[]), broker(&[]));
    let file = stdout(&output(&["probe", &format!("mqtt://{first},mqtt://{second}"), "--quick", "--toml"]));
    assert!(file.contains(&format!("address = [\"mqtt://{first}\", \"mqtt://{second}\"]\n")), "{file}");
    let scratch = Scratch::new("probed-nodes");
    let path = scratch.file("probed.toml");
    fs::write(&path, &file).unwrap();
    let run = output(&["run", "--broker", path.to_str().unwrap(), "qos0/delivered/as-published"]);
    assert_eq!(run.status.code(), Some(0), "it can be used as it is: {file}{}", stderr(&run));
}

#[test]
fn what_the_gates_show_counts_more_than_what_is_said() {
    let (_broker, address) = broker(&["--variant", "grants-at-most-qos1"]);
    let url = format!("mqtt://{address}");
    let said = stdout(&output(&["probe", &url, "--quick"]));
    let most: Vec<&str> = said.lines().filter(|line| line.contains("maximum QoS")).collect();
    assert_eq!(most.len(), 2, "{said}");
    assert!(most.iter().all(|line| line.contains(" 1 ") && line.contains("seen")), "{said}");
    let file = stdout(&output(&["probe", &url, "--quick", "--toml"]));
    assert!(file.contains("\nmax_qos = 1\n"), "{file}");
}

#[test]
fn a_broker_that_is_starting_is_waited_for_and_not_for_ever() {
    let free = reserved();
    let url = format!("mqtt://{free}");
    let words = ["run", "--broker", &url, "--wait", "20s", "qos0/delivered/as-published"];
    let run = deadzone(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    thread::sleep(Duration::from_millis(700));
    let address = free.to_string();
    let late = deadzone(&["broker", "--listen", &address]).stdout(Stdio::null()).spawn().unwrap();
    let _late = Running(late);
    let run = run.wait_with_output().unwrap();
    assert_eq!(run.status.code(), Some(0), "{}{}", stdout(&run), stderr(&run));
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("mqtt://{}", silent.local_addr().unwrap());
    let run = output(&["run", "--broker", &url, "--wait", "300ms", "qos0"]);
    assert_eq!(run.status.code(), Some(5));
    assert!(stderr(&run).contains("it accepts, and says nothing"), "{}", stderr(&run));
}
