//! What a run says of itself before it begins: which broker, where, configured how, and what is switched on. Performs nothing.

use deadzone_verdict::{Capabilities, Choice, RunInfo};

use crate::{EmbeddedSpec, Options, Suite, TargetSpec, target::Target};

/// The head of a run's report.
pub(crate) fn info(
    suite: &Suite,
    options: &Options,
    target: &Target,
    capabilities: Vec<Capabilities>,
    planned: usize,
    choice: Choice,
) -> RunInfo {
    let mut switched_on: Vec<String> = Vec::new();
    let (name, version, address, configuration) = match target {
        Target::Embedded(spec) => {
            switched_on.extend(names(spec));
            ("embedded".to_owned(), Some(env!("CARGO_PKG_VERSION").to_owned()), None, String::new())
        }
        Target::Remote { name, places, process, declared, .. } => {
            if let TargetSpec::Started { switches: Some(spec), .. } = &options.target {
                switched_on.extend(names(spec));
            }
            let told = &declared.version;
            let declared = declared.lines().into_iter().map(|line| format!("declared: {line}\n"));
            let configuration = process.as_ref().map(|p| p.configuration().to_owned()).unwrap_or_default();
            (
                name.clone(),
                process.as_ref().and_then(|p| p.version().map(str::to_owned)).or_else(|| told.clone()),
                Some(places.to_string()),
                configuration + &declared.collect::<String>(),
            )
        }
    };
    switched_on.extend(options.mutant.map(|m| m.name().to_owned()));
    RunInfo {
        deadzone: env!("CARGO_PKG_VERSION").to_owned(),
        suite: suite.hash.clone(),
        target: name,
        transport: Some(target.handle().transport()),
        target_version: version,
        address,
        target_configuration: configuration,
        links: options.links.as_ref().map(|links| links.describe()),
        switched_on,
        capabilities,
        seed: format!("{:x}", options.seed),
        planned,
        choice,
        scripts: options.scripts.clone(),
    }
}

/// What is switched on in the reference broker.
fn names(spec: &EmbeddedSpec) -> Vec<String> {
    let defects = spec.defects.iter().map(|d| d.name().to_owned());
    defects.chain(spec.variants.iter().map(|v| v.name().to_owned())).collect()
}
