//! The JSON Schema of the document, derived from its types.

use schemars::schema_for;

use super::RunDocument;

/// The JSON Schema of `deadzone.run/1`, as text with a line end.
pub fn run_schema() -> String {
    format!("{:#}\n", schema_for!(RunDocument).to_value())
}
