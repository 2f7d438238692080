//! How many events a second the oracle judges, by the size of the record; what an event takes in memory; what a judge holds
//! while a long record streams past it.
//!
//! The records are made outside the timing. The curve must be flat.

#![expect(clippy::print_stdout, reason = "a bench tells its result")]

#[path = "oracle/mix.rs"]
mod mix;

use std::{
    fs::File,
    hint::black_box,
    io::{BufReader, BufWriter, Seek, SeekFrom},
    time::{Duration, Instant},
};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use deadzone_history::{Event, History, Reader, Writer};
use deadzone_oracle::Judge;
use mix::Mix;

/// Sizes, in events.
const SIZES: [usize; 4] = [10_000, 100_000, 1_000_000, 10_000_000];
/// Deliveries that are unacknowledged at any time.
const OPEN: usize = 1_000;
/// Events of the streamed record.
const STREAMED: usize = 10_000_000;
/// Events that are made at a time while a record streams.
const CHUNK: usize = 10_000;

fn history(events: usize) -> History {
    let mut mix = Mix::new(OPEN);
    let header = mix.header.clone();
    History { header, events: mix.by_ref().take(events).collect() }
}

fn judge(history: &History) -> usize {
    let mut judge = Judge::new(&history.header);
    history.events.iter().for_each(|event| judge.observe(event));
    let verdict = judge.finish();
    assert!(verdict.findings.is_empty(), "the bench's record is legal: {:?}", verdict.findings.first());
    verdict.judged.len()
}

fn sizes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("oracle");
    group.sample_size(10);
    for events in SIZES {
        let history = history(events);
        group.throughput(Throughput::Elements(events as u64));
        group.bench_with_input(BenchmarkId::from_parameter(events), &history, |bencher, history| {
            bencher.iter(|| judge(black_box(history)));
        });
    }
    group.finish();
}

/// Resident memory of this process, bytes.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)).and_then(|n| n.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

fn rate(events: usize, took: Duration) -> f64 {
    events as f64 / took.as_secs_f64() / 1e6
}

/// A record that is never held as a whole: made in chunks, observed, dropped.
fn streamed() {
    let mut mix = Mix::new(OPEN);
    let mut judge = Judge::new(&mix.header);
    let (mut took, mut most) = (Duration::ZERO, 0);
    for _ in 0..STREAMED / CHUNK {
        let chunk: Vec<Event> = mix.by_ref().take(CHUNK).collect();
        let began = Instant::now();
        chunk.iter().for_each(|event| judge.observe(event));
        took += began.elapsed();
        most = most.max(resident_bytes());
    }
    let verdict = judge.finish();
    assert!(verdict.findings.is_empty(), "the bench's record is legal: {:?}", verdict.findings.first());
    println!(
        "streamed: {STREAMED} events with {OPEN} open messages, {:.2} M events/s, resident memory of the process {:.1} MiB at most",
        rate(STREAMED, took),
        most as f64 / 1024.0 / 1024.0
    );
}

/// What an event takes while a record is held in memory.
fn in_memory() {
    let events = 1_000_000;
    let before = resident_bytes();
    let history = history(events);
    let bytes = resident_bytes().saturating_sub(before) / events as u64;
    println!("in memory: {bytes} bytes an event of the mix, {} of them the event itself", size_of::<Event>());
    drop(black_box(history));
}

/// The same from a file of lines.
fn spooled() -> Result<(), Box<dyn std::error::Error>> {
    let events = 1_000_000;
    let history = history(events);
    let mut file = tempfile()?;
    let mut writer = Writer::new(BufWriter::new(&mut file), &history.header)?;
    for event in &history.events {
        writer.event(event)?;
    }
    writer.finish()?;
    file.seek(SeekFrom::Start(0))?;
    let began = Instant::now();
    let reader = Reader::new(BufReader::new(&file))?;
    let mut judge = Judge::new(&history.header);
    for event in reader {
        judge.observe(&event?);
    }
    judge.finish();
    println!("from a spool on disk: {:.2} M events/s", rate(events, began.elapsed()));
    Ok(())
}

/// A file that has no name any more.
fn tempfile() -> std::io::Result<File> {
    let path = std::env::temp_dir().join(format!("deadzone-oracle-bench-{}", std::process::id()));
    let file = File::options().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

criterion_group!(benches, sizes);

fn main() {
    streamed();
    in_memory();
    if let Err(error) = spooled() {
        println!("no spool: {error}");
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
