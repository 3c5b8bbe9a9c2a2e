//! Synthetic timelines: each rule both ways.
