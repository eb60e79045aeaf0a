//! One integration binary whose tree mirrors the walk of the paper.

mod case;
