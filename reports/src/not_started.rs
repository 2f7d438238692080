//! The reports of a run that never began: nothing ran, and why. They take the place of an earlier run's, which would be believed.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::{
    ReportError, RunDocument, TargetEntry, escape,
    json::{ChoiceEntry, RUN_SCHEMA},
};

/// Longest reason.
const WHY: usize = 1_000;

/// The document of a run that did not begin, for this reason.
pub fn not_started_document(why: &str) -> RunDocument {
    RunDocument {
        schema: RUN_SCHEMA.to_owned(),
        deadzone: env!("CARGO_PKG_VERSION").to_owned(),
        suite: String::new(),
        seed: String::new(),
        target: TargetEntry {
            transport: None,
            name: String::new(),
            version: None,
            address: None,
            configuration: String::new(),
            links: None,
            switched_on: Vec::new(),
        },
        capabilities: Vec::new(),
        planned: 0,
        choice: ChoiceEntry::default(),
        scenarios: Vec::new(),
        causes: Vec::new(),
        left_out: Vec::new(),
        summary: None,
        complete: false,
        not_started: Some(escape::cut(why, WHY, false)),
    }
}

/// The JUnit document of a run that did not begin: one error, since an empty one counts as green.
pub fn not_started_junit(why: &str) -> Result<String, ReportError> {
    let why = escape::xml(&escape::cut(why, WHY, false));
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type("not started");
    status.set_message(format!("nothing ran: {why}"));
    let mut suite = TestSuite::new("deadzone");
    suite.add_property(("complete", "false"));
    suite.add_test_case(TestCase::new("the run", status));
    let mut report = Report::new("deadzone");
    report.add_test_suite(suite);
    Ok(report.to_string()?)
}
