//! Load points: how each of their calls went, and what that says over all of them.

mod call;
mod listed;
mod read;
mod streams;
mod summary;

pub(crate) use call::{CallRead, Outcome};
pub(crate) use read::{PointRead, read};
pub(crate) use streams::StreamRead;
pub(crate) use summary::summary;
