//! What real brokers and hostile ones taught: each input that was judged wrongly once, as a record made by hand, with the right
//! verdict. Names say which side it was on: `row_a…` a correct broker that was blamed, `row_b…` a wrong one that was cleared.

mod ahead;
mod alive;
mod beside;
mod blamed;
mod causes;
mod cleared;
mod closes;
mod grants;
mod prints;
mod refusals;
mod resends;
mod sessions;
mod told;

#[path = "../checkers/wait.rs"]
#[expect(dead_code, reason = "shared with the tests of claims, which need more of it")]
mod wait;
