//! Reports go where they are asked for, and nothing else is replaced: devices, FIFOs and links stay what they are. Standard output that
//! can't take a report is told. As root an output option could destroy a device of the machine, so that devices are made in a folder.

use std::{
    fs::{self, File, OpenOptions},
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::{FileTypeExt, symlink},
    path::Path,
    process::{Command, Stdio},
    thread,
};

use serde_json::Value;

use crate::support::{Scratch, deadzone, output, stderr, stdout};

/// One scenario that passes in no time, in one version.
const ONE: &str = "qos2/interrupted/pubrec-lost@5.0";

fn document(text: &str) -> Value {
    let document: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(document["schema"], "deadzone.run/1");
    document
}

/// A character device with the numbers of a known one, where this user may make it.
fn device(path: &Path, minor: &str) -> bool {
    let made = Command::new("mknod").arg(path).args(["c", "1", minor]).stderr(Stdio::null()).status();
    let usable =
        made.is_ok_and(|status| status.success()) && OpenOptions::new().write(true).open(path).is_ok();
    if !usable {
        eprintln!("skipped: no device can be made here");
    }
    usable
}

#[test]
fn row_e1_a_fifo_is_written_through() {
    let scratch = Scratch::new("fifo");
    let fifo = scratch.file("report");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let reader = thread::spawn({
        let fifo = fifo.clone();
        move || fs::read_to_string(fifo).unwrap()
    });
    let run = output(&["run", ONE, "--json", fifo.to_str().unwrap()]);
    assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    // Before the reader is joined: of one that was replaced it would wait for ever.
    assert!(fs::symlink_metadata(&fifo).unwrap().file_type().is_fifo(), "it was replaced");
    assert_eq!(document(&reader.join().unwrap())["complete"], true);
}

#[test]
fn row_e1_a_symbolic_link_leads_to_the_report() {
    let scratch = Scratch::new("symlink");
    let (target, link) = (scratch.file("target.xml"), scratch.file("link.xml"));
    fs::write(&target, "x".repeat(100_000)).unwrap();
    symlink(&target, &link).unwrap();
    let run = output(&["run", ONE, "--junit", link.to_str().unwrap()]);
    assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    assert!(fs::symlink_metadata(&link).unwrap().file_type().is_symlink(), "it was replaced");
    let report = quick_junit::Report::deserialize_from_str(&fs::read_to_string(&target).unwrap()).unwrap();
    assert_eq!(report.test_suites.len(), 1);
}

#[test]
fn row_e1_a_device_stays_one() {
    let scratch = Scratch::new("device");
    let null = scratch.file("null");
    if !device(&null, "3") {
        return;
    }
    for option in ["--json", "--junit"] {
        let run = output(&["run", ONE, option, null.to_str().unwrap()]);
        assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
        assert!(fs::symlink_metadata(&null).unwrap().file_type().is_char_device(), "it was replaced");
    }
    assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 1, "nothing else was left");
}

#[test]
fn row_e1_a_regular_file_is_replaced_as_a_whole() {
    let scratch = Scratch::new("regular");
    let (file, other) = (scratch.file("run.json"), scratch.file("other-name.json"));
    fs::write(&file, "yesterday").unwrap();
    fs::hard_link(&file, &other).unwrap();
    let run = output(&["run", ONE, "--json", file.to_str().unwrap()]);
    assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    document(&fs::read_to_string(&file).unwrap());
    assert_eq!(fs::read_to_string(&other).unwrap(), "yesterday", "whoever reads the old one has all of it");
    assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 2, "nothing else was left");
}

#[test]
fn row_e1_a_dash_is_standard_output_and_the_report_for_people_goes_to_standard_error() {
    let run = output(&["run", ONE, "--json", "-"]);
    assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    assert_eq!(document(&stdout(&run))["complete"], true);
    assert!(stderr(&run).contains("1 passed, 0 failed"), "{}", stderr(&run));
    assert!(!Path::new("-").exists());

    let both = output(&["run", ONE, "--json", "-", "--junit", "/dev/stdout"]);
    assert_eq!(both.status.code(), Some(2));
    assert!(stderr(&both).contains("can't both go to standard output"), "{}", stderr(&both));
}

/// Opened by its name it would be cut off at its beginning, and the other writer would go on behind the gap.
#[test]
fn row_e1_standard_output_by_its_name_is_the_same() {
    let scratch = Scratch::new("stdout");
    let file = scratch.file("out");
    let mut command = deadzone(&["run", ONE, "--json", "/dev/stdout"]);
    let run = command.stdout(File::create(&file).unwrap()).output().unwrap();
    assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    document(&fs::read_to_string(&file).unwrap());
}

#[test]
fn row_e2_a_run_that_cannot_start_leaves_no_report_of_yesterday() {
    let scratch = Scratch::new("yesterday");
    let (json, junit) = (scratch.file("run.json"), scratch.file("junit.xml"));
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let gone = format!("mqtt://{free}");
    let mistaken = scratch.file("mistaken.mqt");
    fs::write(&mistaken, "scenario s\n  titel t\n").unwrap();
    let cases = [
        (vec!["run", "--broker", &gone], 5, "is not usable as an MQTT broker"),
        (vec!["run", "--defect", "no-such"], 2, "unknown defect `no-such`"),
        (vec!["run", "--scenarios", mistaken.to_str().unwrap()], 2, "in the scenario files"),
        (vec!["run", "--nonsense"], 2, "--nonsense"),
        (vec!["run", "qos2/no-such"], 4, "no-such"),
        (vec!["judge", "/no-such.ndjson"], 2, "/no-such.ndjson"),
    ];
    for (mut args, code, wanted) in cases {
        fs::write(&json, "yesterday").unwrap();
        fs::write(&junit, "yesterday").unwrap();
        args.extend(["--json", json.to_str().unwrap(), "--junit", junit.to_str().unwrap()]);
        let run = output(&args);
        assert_eq!(run.status.code(), Some(code), "{args:?}: {}", stderr(&run));
        let told = document(&fs::read_to_string(&json).unwrap());
        assert_eq!(told["complete"], false);
        let why = told["not_started"].as_str().unwrap();
        assert!(why.contains(wanted), "{args:?}: {why}");
        let report = quick_junit::Report::deserialize_from_str(&fs::read_to_string(&junit).unwrap()).unwrap();
        assert_eq!((report.tests, report.errors), (1, 1), "{args:?}");
    }
}

#[test]
fn a_report_of_what_did_not_start_tells_no_password() {
    let scratch = Scratch::new("password");
    let json = scratch.file("run.json");
    let run = output(&["run", "--broker", "amqp://me:geheim@host", "--json", json.to_str().unwrap()]);
    assert_eq!(run.status.code(), Some(2), "{}", stderr(&run));
    let text = fs::read_to_string(&json).unwrap();
    assert!(text.contains("not_started") && !text.contains("geheim"), "{text}");
}

#[test]
fn row_e20_standard_output_that_takes_nothing_is_no_success() {
    let scratch = Scratch::new("full");
    let full = scratch.file("full");
    if !device(&full, "7") {
        return;
    }
    for args in [vec!["run", ONE], vec!["list"], vec!["--help"], vec!["run", ONE, "--json", "-"]] {
        let mut command = deadzone(&args);
        let run = command.stdout(OpenOptions::new().write(true).open(&full).unwrap()).output().unwrap();
        assert_eq!(run.status.code(), Some(2), "{args:?}: {}", stderr(&run));
        assert!(stderr(&run).contains("could not write to standard output"), "{args:?}: {}", stderr(&run));
    }
}
