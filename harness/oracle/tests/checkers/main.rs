//! Every checker over hand-made histories: at least one planted anomaly and one legal history each, in both versions.

mod answers;
mod copies;
mod experiment;
mod lost;
mod nodes;
mod outage;
mod sessions;
mod story;
mod wait;
