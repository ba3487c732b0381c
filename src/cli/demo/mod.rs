//! `gleaner demo`: the whole way of the data on sample providers, without any set-up.

pub mod samples;
