//! Picks the rows that a reader needs, so that a failure fits a screen. Left-out rows are counted, never hidden silently.

use std::collections::BTreeSet;

use super::{Row, Weight};

/// How near to evidence a minor row of the same connection is shown: the PINGREQ of a PINGRESP that shows a live broker.
const BESIDE: usize = 2;

/// How near to evidence a row must be, in shown rows, where not all can be shown: more of a long run says nothing.
const NEAR: usize = 10;

/// An entry of the shortened timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The row at this index.
    Row(usize),
    /// So many rows are left out here.
    Hidden(usize),
}

/// At most `bound` rows: the evidence, then landmarks (links, connections, closes), then what is nearest to the evidence.
/// `clients` are those whose rows belong to the story; `None` shows everything, without bound.
pub(crate) fn select(
    rows: &[Row],
    evidence: &[u64],
    clients: Option<&BTreeSet<usize>>,
    bound: usize,
) -> Vec<Shown> {
    let Some(clients) = clients else { return (0..rows.len()).map(Shown::Row).collect() };
    let evident = |i: usize| evidence.iter().any(|seq| rows[i].is(*seq));
    let beside = |i: usize| {
        let around = i.saturating_sub(BESIDE)..rows.len().min(i + BESIDE + 1);
        rows[i].weight == Weight::Minor
            && around.into_iter().any(|n| evident(n) && rows[n].conn == rows[i].conn)
    };
    let wanted = |i: &usize| {
        let of_story = rows[*i].client.is_none_or(|client| clients.contains(&client));
        evident(*i) || (of_story && (rows[*i].weight > Weight::Minor || beside(*i)))
    };
    let mut candidates: Vec<usize> = (0..rows.len()).filter(wanted).collect();
    if candidates.len() > bound {
        let anchors: Vec<usize> = (0..candidates.len()).filter(|n| evident(candidates[*n])).collect();
        let end = candidates.len();
        let distance = |n: usize| anchors.iter().map(|a| a.abs_diff(n)).min().unwrap_or(end - n);
        let mut ranked: Vec<(bool, bool, usize, usize)> = candidates
            .iter()
            .enumerate()
            // Of more evidence than there is room for the last is kept: there the bug is visible.
            .map(|(n, i)| match evident(*i) {
                true => (false, false, end - n, *i),
                false => (true, rows[*i].weight < Weight::Landmark, distance(n), *i),
            })
            .filter(|(aside, usual, distance, _)| !aside || !usual || *distance <= NEAR)
            .collect();
        ranked.sort_unstable();
        candidates = ranked.into_iter().take(bound).map(|(.., i)| i).collect();
        candidates.sort_unstable();
    }
    with_gaps(&candidates, rows)
}

fn with_gaps(kept: &[usize], rows: &[Row]) -> Vec<Shown> {
    let mut out = Vec::new();
    let gap = |out: &mut Vec<Shown>, left_out: &[Row]| match left_out
        .iter()
        .filter(|r| r.weight > Weight::Told)
        .count()
    {
        0 => {}
        n => out.push(Shown::Hidden(n)),
    };
    let mut next = 0;
    for &i in kept {
        gap(&mut out, &rows[next..i]);
        out.push(Shown::Row(i));
        next = i + 1;
    }
    gap(&mut out, &rows[next..]);
    out
}
