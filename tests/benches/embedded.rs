//! How many scenarios a second the embedded suite performs and judges, on one worker.

use std::sync::{Arc, atomic::AtomicBool};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use deadzone_runner::{EmbeddedSpec, Manners, Options, Selection, Suite, TargetSpec, run};
use deadzone_wire::Version;

fn options() -> Options {
    Options {
        target: TargetSpec::Embedded(EmbeddedSpec::default()),
        mutant: None,
        links: None,
        selection: Selection::default(),
        versions: vec![Version::V311, Version::V5],
        jobs: Some(1),
        seed: 1,
        timeout_ms: 30_000,
        timeout_scale: 1.0,
        history: None,
        fail_fast: false,
        quick: false,
        long_bound_s: 60,
        command: "deadzone run".to_owned(),
        cancel: Arc::new(AtomicBool::new(false)),
        scripts: None,
        panic_in: None,
        manners: Manners::default(),
        expect: None,
    }
}

fn suite(criterion: &mut Criterion) {
    let suite = Suite::embedded().expect("the embedded suite is sound");
    let options = options();
    let summary = run(&suite, &options, &mut |_| {}).expect("the embedded target answers");
    assert_eq!(summary.exit_code, 0, "the suite is to pass before it is measured");
    let mut group = criterion.benchmark_group("embedded");
    group.sample_size(10);
    group.throughput(Throughput::Elements((summary.pass + summary.not_applicable) as u64));
    group.bench_function("suite", |bencher| bencher.iter(|| run(&suite, &options, &mut |_| {})));
    group.finish();
}

criterion_group!(benches, suite);
criterion_main!(benches);
