//! Every rule against hand-made histories: the anomaly that it must catch, under the clause of each version, and the legal
//! histories next to it that it must let pass.

mod acknowledgements;
mod connections;
mod delivery;
mod exchanges;
mod handed_on;
mod hostile;
mod judged;
mod order;
mod receive_maximum;
mod release_order;
mod retain;
mod sessions;
mod support;
mod wire;
