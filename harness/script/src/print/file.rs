//! A whole file.

use super::{header, step};
use crate::Scenario;

/// The canonical text of scenarios: `parse(print(parse(x)))` equals `parse(x)` but for places.
pub fn print(scenarios: &[Scenario]) -> String {
    let mut out = String::from("mqt 1\n");
    for scenario in scenarios {
        out.push('\n');
        header::print(&mut out, scenario);
        step::print_all(&mut out, scenario);
    }
    out
}
