//! `deadzone explain`.

use std::str::FromStr;

use deadzone_reference_broker::{Defect, Variant};
use deadzone_runner::{ExitCode, Mutant};

use crate::{args::ExplainArgs, output};

pub(crate) fn explain(args: &ExplainArgs) -> ExitCode {
    let what = args.what.as_str();
    let text = code(what).or_else(|| clause(what)).or_else(|| switch(what));
    match text {
        Some(text) => {
            output::print(&text);
            ExitCode::Success
        }
        None => {
            let near =
                deadzone_spec::suggest(what).map(|n| format!(": did you mean `{n}`?")).unwrap_or_default();
            output::print_error(&format!(
                "error: `{what}` is no code, clause, defect, mutant or variant{near}\n"
            ));
            ExitCode::Usage
        }
    }
}

fn code(what: &str) -> Option<String> {
    deadzone_script::explain(what).map(|text| format!("{what}: {text}\n"))
}

fn clause(what: &str) -> Option<String> {
    let clause = deadzone_spec::find(what)?;
    Some(format!(
        "{}  {}, binds {}\n{}\n{}\n",
        clause.id,
        clause.level,
        clause.party,
        clause.text,
        clause.url()
    ))
}

fn switch(what: &str) -> Option<String> {
    if let Ok(defect) = Defect::from_str(what) {
        let clauses = defect.clauses().join(" ");
        return Some(format!(
            "defect {what}: {}\nclauses  {clauses}\nlike     {}\n",
            defect.what(),
            defect.like()
        ));
    }
    if let Ok(mutant) = Mutant::from_str(what) {
        return Some(format!("mutant {what}: {}\n", mutant.what()));
    }
    Variant::from_str(what).ok().map(|v| format!("legal variant {what}: {}\n", v.what()))
}
