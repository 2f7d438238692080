//! Every profile does what its numbers say, as far as so many samples can tell. The long run with a narrow tolerance is a
//! bench: `cargo bench -p deadzone-link --bench profiles`.

mod measure;

use measure::{Extent, Line, catalogue, table};

/// A tenth of what the bench measures, or less: a line may be off by four deviations of so many samples. That is a quarter for
/// what is counted; a wrong number is off by more, or the bench finds it.
const EXTENT: Extent = Extent { seconds: 600, events: 250.0, messages: 60e3, bytes: 5e6 };

#[test]
fn profiles_do_what_they_say() {
    let catalogue = catalogue();
    let lines = catalogue.profiles().filter(|p| !p.overlay).flat_map(|profile| {
        table(profile, EXTENT).into_iter().map(move |line| (profile.name.as_str(), line))
    });
    let wrong: Vec<String> = lines
        .filter(|(_, line)| line.is_no_chance())
        .map(|(name, line)| {
            let off = line.off() * 100.0;
            let Line { what, asked, got, unit, error, source, .. } = line;
            format!(
                "{name}: {what} asked {asked} got {got} {unit}, {off:.1} % off, by chance {error} ({source})"
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
