//! Every profile does what its numbers say. The long run with a narrow tolerance is a bench: `cargo bench --bench profiles`.

mod measure;

use measure::{catalogue, seldom, table};

/// Simulated time of each profile, s.
const SECONDS: u64 = 400;

#[test]
fn profiles_do_what_they_say() {
    let catalogue = catalogue();
    let mut wrong = Vec::new();
    for profile in catalogue.profiles().filter(|p| !p.overlay) {
        for line in table(profile, SECONDS) {
            // A process that decides rarely has few decisions in a short run: only the delay is looked at.
            let most = match line.what.as_str() {
                "round trip p50" => 0.15,
                "round trip p10" | "round trip p90" => 0.3,
                _ => continue,
            };
            if line.off() > most {
                wrong.push(format!(
                    "{}: {} asked {} got {} {} ({})",
                    profile.name, line.what, line.asked, line.got, line.unit, line.source
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_seldom_comes_as_often_as_they_say() {
    // Few events: the number of them may be off by a few of its deviations.
    const EVENTS: f64 = 50.0;
    const OFF_MAX: f64 = 0.5;
    let catalogue = catalogue();
    let lines = catalogue.profiles().filter(|p| !p.overlay).flat_map(|profile| {
        let name = profile.name.clone();
        seldom(profile, EVENTS).into_iter().map(move |line| (name.clone(), line))
    });
    let wrong: Vec<String> = lines
        .filter(|(_, line)| line.off() > OFF_MAX)
        .map(|(name, line)| {
            format!("{name}: {} asked {} got {} {}", line.what, line.asked, line.got, line.unit)
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
