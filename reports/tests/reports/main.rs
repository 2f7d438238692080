//! The reports against stories made by hand. `UPDATE_GOLDEN=1` writes the golden files and the schema anew; read them then.

mod causes;
mod coverage;
mod documents;
mod expectations;
mod repro;
mod story;
mod terminal;

use std::{fs, path::Path};

/// What the crate holds at this path; with `UPDATE_GOLDEN` set, `text` is written there first.
fn committed(path: &str, text: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, text).expect("the crate's folder can be written");
    }
    fs::read_to_string(&path).unwrap_or_default()
}
