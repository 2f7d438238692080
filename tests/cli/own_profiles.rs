//! Link profiles of the user's in scenario files, and what a step may bring.

use std::{fs, process::Output};

use crate::support::{Scratch, output, stderr, stdout};

/// A scenario whose client begins with the first profile and changes to the second.
fn scenario(via: &str, then: &str) -> String {
    format!(
        "mqt 1\nscenario own\n  title a profile of one's own\n  clauses 3.1.1/MQTT-3.12.4-1  5.0/MQTT-3.12.4-1\n  \
         catches pingresp-missing\n\n  client dev via {via}\n\n  dev connect clean\n  dev ping\n  link dev profile {then}\n  \
         dev ping\n"
    )
}

const SLOW: &str = "title = \"slow\"\n[delay]\nfloor_ms = { both = 400, source = \"measured\" }\n\
                    median_ms = { both = 0, source = \"default\" }\nsigma_ln = { both = 0, source = \"default\" }\n\
                    correlation_per_100ms = { value = 0, source = \"default\" }\n";

fn run(scratch: &Scratch, command: &str, text: &str) -> Output {
    let file = scratch.file("own.mqt");
    fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    match command {
        "run" => output(&["run", "--only-mine", "--scenarios", file]),
        _ => output(&[command, file]),
    }
}

fn passes(scratch: &Scratch, text: &str) {
    for command in ["check", "run"] {
        let run = run(scratch, command, text);
        assert_eq!(run.status.code(), Some(0), "{command}: {}{}", stdout(&run), stderr(&run));
    }
}

#[test]
fn overlays_alone_are_one_step() {
    let scratch = Scratch::new("overlays");
    fs::write(scratch.file("slow.toml"), SLOW).unwrap();
    // Without chance: the id, and with it the seed, has this run's folder in it.
    passes(&scratch, &scenario("slow", "nat-cloud+nat-short"));
    let begun = run(&scratch, "check", &scenario("tunnel+nat-short", "lte-m"));
    assert_eq!(begun.status.code(), Some(2));
    assert!(stderr(&begun).contains("`tunnel` is an overlay"), "{}", stderr(&begun));
}

#[test]
fn profiles_beside_a_scenario_are_found_and_inherit() {
    let scratch = Scratch::new("profiles-beside");
    fs::create_dir(scratch.file("profiles")).unwrap();
    fs::write(scratch.file("slow.toml"), SLOW).unwrap();
    fs::write(
        scratch.file("profiles/slower.toml"),
        "title = \"s\"\ninherits = \"slow\"\ntrace = \"a.trace\"\n",
    )
    .unwrap();
    fs::write(scratch.file("profiles/a.trace"), "0\n10\n").unwrap();
    fs::write(scratch.file("bad-m.toml"), "title = \"m\"\ninherits = \"lte-m\"\n").unwrap();
    passes(&scratch, &scenario("slower+nat-short", "bad-m"));
    // The suite's hash tells one profile from another.
    let hash = |run: &Output| {
        let json = fs::read_to_string(scratch.file("run.json")).unwrap();
        assert_eq!(run.status.code(), Some(0));
        json.split("\"suite\"").nth(1).unwrap_or_default().chars().take(40).collect::<String>()
    };
    let (file, json) = (scratch.file("own.mqt"), scratch.file("run.json"));
    let args =
        ["run", "--only-mine", "--scenarios", file.to_str().unwrap(), "--json", json.to_str().unwrap()];
    let before = hash(&output(&args));
    fs::write(scratch.file("slow.toml"), SLOW.replace("400", "300")).unwrap();
    assert_ne!(before, hash(&output(&args)));
}

#[test]
fn a_mistake_in_one_is_told_with_its_file() {
    let scratch = Scratch::new("profiles-bad");
    let cases = [
        (SLOW.replace("400", "-4"), "slow.toml", "delay.floor_ms: -4 is out of range"),
        ("title = ".to_owned(), "slow.toml", "TOML parse error"),
        ("title = \"s\"\ninherits = \"nobody\"\n".to_owned(), "slow.toml", "there is no profile `nobody`"),
        ("title = \"s\"\ninherits = \"other\"\n".to_owned(), ".toml", "inherits from itself"),
    ];
    fs::write(scratch.file("other.toml"), "title = \"o\"\ninherits = \"slow\"\n").unwrap();
    for (text, file, why) in cases {
        fs::write(scratch.file("slow.toml"), text).unwrap();
        for command in ["check", "run"] {
            let run = run(&scratch, command, &scenario("lte-m", "slow"));
            let said = stderr(&run);
            assert_eq!(run.status.code(), Some(2), "{said}");
            assert!(said.contains(file) && said.contains(why), "{command}: {said}");
        }
    }
    // A name that is nowhere is a mistake of the scenario, with its place.
    let nowhere = run(&scratch, "run", &scenario("slw", "lte-m"));
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(stderr(&nowhere).contains("there is no profile `slw`"), "{}", stderr(&nowhere));
}
