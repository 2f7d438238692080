//! Byte counts of every proxy as Prometheus reads them. They count while connections live.

use std::fmt::Write;

use super::collection::Collection;
use crate::Traffic;

/// The two counters of Toxiproxy with their labels.
pub(super) fn render(collection: &Collection) -> String {
    let mut text = String::new();
    let counters = [("received", [0, 2]), ("sent", [1, 3])];
    for (what, places) in counters {
        let _ = writeln!(text, "# HELP toxiproxy_proxy_{what}_bytes_total The total number of bytes {what}.");
        let _ = writeln!(text, "# TYPE toxiproxy_proxy_{what}_bytes_total counter");
        for proxy in collection.proxies.values() {
            let sums = sums(proxy);
            for (direction, place) in ["upstream", "downstream"].into_iter().zip(places) {
                let labels = [
                    ("direction", direction),
                    ("listener", &proxy.listen),
                    ("proxy", &proxy.name),
                    ("upstream", &proxy.upstream),
                ];
                let labels: Vec<String> = labels
                    .into_iter()
                    .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
                    .collect();
                let labels = labels.join(",");
                let _ = writeln!(text, "toxiproxy_proxy_{what}_bytes_total{{{labels}}} {}", sums[place]);
            }
        }
    }
    text
}

fn sums(proxy: &super::proxy::Proxy) -> [u64; 4] {
    let served = proxy.served();
    let mut sums = served.past;
    for live in served.links.values() {
        let traffic = &live.traffic;
        let counts = [&traffic.taken_up, &traffic.given_up, &traffic.taken_down, &traffic.given_down];
        for (sum, count) in sums.iter_mut().zip(counts) {
            *sum += Traffic::get(count);
        }
    }
    sums
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
