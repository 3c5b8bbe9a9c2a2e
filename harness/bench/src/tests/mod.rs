//! Whole benches in virtual time.
