//! `deadzone fmt`: one form, and no file that would say something else.

use std::fs;

use crate::support::{Scratch, output, stdout};

const UNTIDY: &str = "scenario   s\n\ttitle a   title\n  clauses 3.1.1/MQTT-3.12.4-1   5.0/MQTT-3.12.4-1\n catches  pingresp-missing\n\n\n  client dev\n  dev   connect    clean # why\n  dev ping\n";
const TIDY: &str = "scenario s\n  title     a   title\n  clauses   3.1.1/MQTT-3.12.4-1  5.0/MQTT-3.12.4-1\n  catches   pingresp-missing\n\n  client dev\n  dev connect clean                        # why\n  dev ping\n";

#[test]
fn the_suite_is_in_form() {
    let suite = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios");
    let checked = output(&["fmt", "--check", suite]);
    assert_eq!((stdout(&checked).as_str(), checked.status.code()), ("", Some(0)));
}

#[test]
fn a_file_is_put_into_form_once() {
    let scratch = Scratch::new("fmt");
    let file = scratch.file("s.mqt");
    fs::write(&file, UNTIDY).unwrap();
    let name = file.to_str().unwrap();
    let told = |check: bool| {
        let args: &[&str] = if check { &["fmt", "--check", name] } else { &["fmt", name] };
        let done = output(args);
        (stdout(&done), done.status.code())
    };
    assert_eq!(told(true), (format!("{name}\n"), Some(1)));
    assert_eq!(fs::read_to_string(&file).unwrap(), UNTIDY, "it was only asked");
    assert_eq!(told(false), (format!("{name}\n"), Some(0)));
    assert_eq!(fs::read_to_string(&file).unwrap(), TIDY);
    assert_eq!(told(true), (String::new(), Some(0)));
    assert_eq!(output(&["fmt", "nowhere.mqt"]).status.code(), Some(2));
}
