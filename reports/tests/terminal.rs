//! The terminal report against golden files. `UPDATE_GOLDEN=1` writes them anew; read them then.

mod story;

use std::{fs, path::Path, sync::Arc};

use deadzone_history::{RunEvent, VerdictKind};
use deadzone_reports::{Terminal, TerminalOptions, Verbosity, failure_block};

fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, text).unwrap();
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(wanted, text, "{name} differs; UPDATE_GOLDEN=1 writes it anew");
}

fn plain() -> TerminalOptions {
    TerminalOptions::plain()
}

#[test]
fn a_failure_with_both_ends() {
    golden("failure.txt", &failure_block(&story::result("once"), &story::info(), plain()));
}

#[test]
fn a_missing_answer() {
    golden("silence.txt", &failure_block(&story::silent(), &story::info(), plain()));
}

#[test]
fn narrow_ascii() {
    let options = TerminalOptions { ascii: true, width: 80, ..plain() };
    let text = failure_block(&story::result("once"), &story::info(), options);
    assert!(text.is_ascii());
    golden("failure-80-ascii.txt", &text);
}
