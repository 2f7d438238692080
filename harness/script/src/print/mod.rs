//! Scenarios to text, in one form: what the engine makes, it makes by printing. Must not know how text is read.

mod header;
mod intent;
mod link;
mod step;
mod value;

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
