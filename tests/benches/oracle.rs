//! How many events a second the oracle judges, at three sizes: the curve must be flat.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use deadzone_history::{HandMade, History, Start};
use deadzone_wire::Version;

/// A publisher and a subscriber that exchange QoS 1 and QoS 2 messages in turn until the history has this many events.
fn history(events: usize) -> History {
    let mut made = HandMade::new(Version::V5);
    let (publisher, subscriber) = (made.client("pub"), made.client("sub"));
    let up = made.connect(publisher, Start::Clean);
    let down = made.connect(subscriber, Start::Clean);
    made.subscribe(down, 1, "t", 2);
    let mut last = 0;
    let mut n = 0u32;
    while (last as usize) < events {
        let (qos, id) = (1 + (n % 2) as u8, 1 + (n % 60_000) as u16);
        let payload = format!("m{n}");
        made.publish(up, "t", qos, id, &payload);
        last = made.deliver(down, "t", qos, id, &payload);
        n += 1;
    }
    made.finish()
}

fn judge(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("oracle");
    group.sample_size(10);
    for events in [10_000, 100_000, 1_000_000] {
        let history = history(events);
        let verdict = deadzone_oracle::judge(&history);
        assert!(
            verdict.findings.is_empty(),
            "the bench's history is to be legal: {:?}",
            verdict.findings.first()
        );
        group.throughput(Throughput::Elements(history.events.len() as u64));
        group.bench_with_input(BenchmarkId::from_parameter(events), &history, |bencher, history| {
            bencher.iter(|| deadzone_oracle::judge(black_box(history)));
        });
    }
    group.finish();
}

criterion_group!(benches, judge);
criterion_main!(benches);
