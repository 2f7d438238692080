//! How much goes on at once: no more than the target takes, than is gentle, and than there are file descriptors for.

use crate::{Options, gentle, job::JobContext, pool::Limits};

/// How many scenarios wait on a real target at once, unless the user says otherwise.
const REMOTE_JOBS: usize = 32;

/// File descriptors that a job may need: a runtime and a few connections.
const DESCRIPTORS_A_JOB: usize = 12;
/// File descriptors that are kept for everything else.
const DESCRIPTORS_APART: usize = 48;

/// How much goes on at once: on a real target no more than there are file descriptors for.
pub(crate) fn limits(options: &Options, context: &JobContext) -> Limits {
    let Some(declared) = context.target.declared() else {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        return Limits {
            jobs: options.jobs.unwrap_or_else(cores),
            connections: usize::MAX,
            solo: false,
            virtual_time: true,
        };
    };
    let jobs = options.jobs.unwrap_or(REMOTE_JOBS);
    let wanted = Limits {
        jobs: if context.target.is_gentle() { jobs.min(gentle::JOBS) } else { jobs },
        connections: declared.connections(),
        solo: false,
        virtual_time: false,
    };
    deadzone_target::open_files_limit().map_or(wanted, |descriptors| within(wanted, descriptors))
}

/// Half of the descriptors for jobs, the rest for the connections of what is parked.
fn within(wanted: Limits, descriptors: usize) -> Limits {
    let free = descriptors.saturating_sub(DESCRIPTORS_APART);
    let jobs = wanted.jobs.min((free / 2 / DESCRIPTORS_A_JOB).max(1));
    Limits { jobs, connections: wanted.connections.min((free / 4).max(1)), ..wanted }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_descriptors_make_few_jobs() {
        let wanted = Limits { jobs: REMOTE_JOBS, connections: 200, solo: false, virtual_time: false };
        let of = |descriptors| {
            let limits = within(wanted, descriptors);
            (limits.jobs, limits.connections)
        };
        assert_eq!(of(8), (1, 1));
        assert_eq!(of(256), (8, 52));
        assert_eq!(of(1024), (REMOTE_JOBS, 200), "the usual limit costs nothing");
    }
}
