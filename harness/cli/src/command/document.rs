//! The report of a run, read back.

use std::path::Path;

use anyhow::Context;
use deadzone_reports::RunDocument;
use deadzone_target::text_file_up_to;

/// Longest report that is read, bytes: the whole suite failing in three versions takes a tenth.
const REPORT_MAX: u64 = 256 * 1024 * 1024;

/// Reads what `run --json` wrote.
pub(super) fn read(path: &Path) -> anyhow::Result<RunDocument> {
    let text =
        text_file_up_to(path, REPORT_MAX).with_context(|| format!("could not read {}", path.display()))?;
    RunDocument::from_json(&text).with_context(|| wrong(path))
}

/// What is said of a file that is something else.
pub(super) fn wrong(path: &Path) -> String {
    format!("{} is no report of a run", path.display())
}
