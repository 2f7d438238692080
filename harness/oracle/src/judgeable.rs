//! Which clauses can be judged without a word of the script: those that a rule holds every history to, those about the form of what a
//! broker sends, and those that are owed by what a claim waits for. Every other is judged only where a step names it.

use deadzone_spec::ClauseId;
use deadzone_wire::form_clauses;

use crate::{owed, rules};

/// Whether a rule, or the table of what claims wait for, can blame this clause by itself.
pub fn judged_unnamed(clause: ClauseId) -> bool {
    let mut pairs = rules::pairs().chain(owed::pairs());
    pairs.any(|pair| pair.of(clause.version()) == Some(clause))
        || form_clauses(clause.version()).any(|form| form == clause)
}

#[cfg(test)]
mod tests {
    use deadzone_spec::id;

    use super::judged_unnamed;

    #[test]
    fn rules_and_claims_know_their_clauses() {
        for clause in [id!("5.0/MQTT-4.3.3-10"), id!("3.1.1/MQTT-2.3.1-4"), id!("5.0/MQTT-3.12.4-1")] {
            assert!(judged_unnamed(clause), "{clause}");
        }
        for clause in [id!("5.0/MQTT-3.1.3-9"), id!("3.1.1/MQTT-3.9.3-1")] {
            assert!(!judged_unnamed(clause), "{clause}");
        }
    }
}
