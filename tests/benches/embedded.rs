//! How many scenarios a second the embedded suite performs and judges, on one worker.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use deadzone_runner::{EmbeddedSpec, Options, Suite, TargetSpec, run};

fn options() -> Options {
    Options { jobs: Some(1), ..Options::new(TargetSpec::Embedded(EmbeddedSpec::default())) }
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
