//! Profiles as text: what is refused, and how; what is inherited, laid over and set.

use deadzone_link::{Catalogue, Direction, ProfileError};

const BASE: &str = r#"
title = "base"
[delay]
floor_ms = { up = 10, down = 20, source = "measured" }
median_ms = { both = 5, source = "default" }
sigma_ln = { both = 0.5, source = "default" }
correlation_per_100ms = { value = 0.9, source = "default" }
"#;

/// The mistake in BASE with these lines behind it.
fn mistake(more: &str) -> String {
    let text = format!("{BASE}{more}");
    Catalogue::new([("mine", text.as_str())], []).err().map(|e| e.to_string()).unwrap_or_default()
}

#[test]
fn mistakes_say_where_they_are_and_what_would_be_right() {
    let cases = [
        ("[nat]\nidle_s = 5", "nat.idle_s: it needs its source: { value = …, source = \"measured\" }"),
        (
            "[nat]\nidle_s = { value = 5 }",
            "nat.idle_s: it needs its source: `measured`, `default` or an address",
        ),
        (
            "[nat]\nidle_s = { value = 5, source = \"Bob\" }",
            "nat.idle_s: `Bob` is no source: `measured`, `default` or an address (https://…)",
        ),
        (
            "[nat]\nidle_s = { value = -1, source = \"default\" }",
            "nat.idle_s: -1 is out of range: 0.1 to 10000000 is legal",
        ),
        ("[nat]\nidle_s = { up = 5, source = \"default\" }", "nat.idle_s: `up` does not belong here"),
        (
            "[nat]\nidle = { value = 5, source = \"default\" }",
            "nat.idle: there is no such number; there are idle_s, rst",
        ),
        ("[nat]\nrst = { value = true, source = \"default\" }", "nat.idle_s: its section needs it"),
        (
            "[gnat]\n",
            "gnat: there is no such section; there are delay, rate, queue, loss, stall, outage, idle, handover, nat",
        ),
        (
            "[outage]\nschedule_s = { value = [0, 8, 4, 2], source = \"default\" }",
            "outage.schedule_s: expected beginnings and lengths in turn, rising and without overlap",
        ),
        (
            "[outage]\nrepeat_s = { value = 9, source = \"default\" }",
            "outage: it needs `every_s` with `least_s` and `most_s`, or `schedule_s`",
        ),
        (
            "[outage]\nschedule_s = { value = [0, 5, 6, 5], source = \"default\" }\n\
             repeat_s = { value = 10, source = \"default\" }",
            "outage.repeat_s: the schedule is longer",
        ),
        (
            "[idle]\nafter_s = { value = 9, source = \"default\" }\npromotion_ms = { value = 9, source = \"default\" }\n\
             promotion_sigma_ln = { value = 0, source = \"default\" }\nsleep_after_s = { value = 9, source = \"default\" }",
            "idle: `sleep_after_s` and `wake_every_s` need each other",
        ),
        (
            "[handover]\nevery_s = { value = 0.1, source = \"default\" }\ngap_least_ms = { value = 9, source = \"default\" }\n\
             gap_most_ms = { value = 51, source = \"default\" }",
            "handover.gap_most_ms: it is more than half of handover.every_s",
        ),
    ];
    for (more, wanted) in cases {
        assert_eq!(mistake(more), format!("profile `mine`: {wanted}"), "{more}");
    }
    assert!(
        mistake("[nat\n").starts_with("profile `mine`: TOML parse error at line 8"),
        "{}",
        mistake("[nat\n")
    );
}

#[test]
fn circles_and_unknown_names_are_refused() {
    let inherits = |name: &str| format!("title = \"t\"\ninherits = \"{name}\"\n");
    let circle = Catalogue::new([("a", inherits("b").as_str()), ("b", inherits("a").as_str())], []);
    assert!(matches!(circle, Err(ProfileError::Circle(_))));
    let unknown = Catalogue::new([("a", inherits("b").as_str())], []);
    assert_eq!(unknown.err(), Some(ProfileError::Unknown("b".to_owned())));
    let traced = format!("trace = \"no.trace\"\n{BASE}");
    let why = Catalogue::new([("a", traced.as_str())], []).err().map(|e| e.to_string());
    assert_eq!(why.as_deref(), Some("profile `a`: trace: there is no trace `no.trace`"));
}

#[test]
fn a_profile_inherits_number_by_number_and_an_overlay_replaces_sections() {
    let nat = "[nat]\nidle_s = { value = 60, source = \"default\" }\nrst = { value = true, source = \"default\" }\n";
    let base = format!("{BASE}{nat}");
    let child = "title = \"c\"\ninherits = \"base\"\n[delay]\nfloor_ms = { up = 99, source = \"https://www.rfc-editor.org/rfc/rfc8376\" }\n";
    let over = "title = \"o\"\noverlay = true\n[nat]\nidle_s = { value = 7, source = \"default\" }\n";
    let catalogue = Catalogue::new([("base", base.as_str()), ("child", child), ("over", over)], []).unwrap();
    let both = catalogue.get("child+over").unwrap();
    assert_eq!(both.name, "child+over");
    assert_eq!(
        [Direction::Up, Direction::Down].map(|d| both.way("delay.floor_ms", d)),
        [Some(99.0), Some(20.0)]
    );
    assert_eq!(both.numbers["delay.floor_ms.up"].source, "https://www.rfc-editor.org/rfc/rfc8376");
    assert_eq!((both.one("nat.idle_s"), both.one("nat.rst")), (Some(7.0), None));
    assert_eq!(catalogue.get("over").err(), Some(ProfileError::Overlay("over".to_owned())));
}

#[test]
fn numbers_are_set_from_the_command_line() {
    let mut profile = Catalogue::new([("mine", BASE)], []).unwrap().get("mine").unwrap();
    profile.set("delay.floor_ms.up=7").unwrap();
    profile.set("delay.sigma_ln=0.1").unwrap();
    assert_eq!(
        [Direction::Up, Direction::Down].map(|d| profile.way("delay.floor_ms", d)),
        [Some(7.0), Some(20.0)]
    );
    assert_eq!(profile.way("delay.sigma_ln", Direction::Down), Some(0.1));
    assert_eq!(profile.numbers["delay.sigma_ln.up"].source, "command line");
    for wrong in [
        "delay",
        "delay.floor=1",
        "delay.floor_ms=fast",
        "delay.floor_ms=-1",
        "nat.rst=true",
        "nat.idle_s.up=5",
    ] {
        assert!(profile.clone().set(wrong).is_err(), "{wrong}");
    }
}
