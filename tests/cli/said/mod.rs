//! What a report says of each performance, so that a run and its records can be compared.

#![allow(unreachable_pub, reason = "every test target uses its own part")]

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;

/// What is said of each performance, by scenario and version.
pub type Said = BTreeMap<(String, String), Value>;

pub fn said(report: &Path) -> Said {
    let report: Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    let mut said = Said::new();
    for entry in report["scenarios"].as_array().unwrap() {
        let key = (entry["id"].as_str().unwrap().to_owned(), entry["version"].as_str().unwrap().to_owned());
        let parts = [
            "verdict", "reason", "findings", "grades", "control", "repeats", "clauses", "title", "file",
            "line",
        ];
        let value = parts.map(|part| (part.to_owned(), entry[part].clone())).into_iter().collect();
        assert!(said.insert(key, value).is_none(), "one entry for each performance");
    }
    said
}
