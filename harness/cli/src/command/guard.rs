//! `deadzone guard`: outlives the process that started it, to end a broker that would otherwise live on.

use std::path::Path;

use deadzone_runner::ExitCode;

/// Waits until that process is gone, or says that there is nothing to do.
pub(crate) fn guard(folder: &Path) -> ExitCode {
    deadzone_target::guard(folder);
    ExitCode::Success
}
